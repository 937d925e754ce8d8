#include "emulators/nanit/log_archive.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace casement::emulators::nanit {

namespace {

constexpr std::size_t kTarBlock = 512, kMostStored = 65'535;
constexpr std::uint64_t kHuge = 8ull << 30;

void put(std::string& head, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), head.begin() + static_cast<std::ptrdiff_t>(at));
}

/// POSIX.1-1988 ustar: name, mode, owners, size, time, checksum, kind, magic.
void add_member(std::string& tar, std::string_view name, std::string_view content,
                std::uint64_t declared_bytes) {
    std::string head(kTarBlock, '\0');
    put(head, 0, name);
    put(head, 100, "0000644");
    put(head, 108, "0000000");
    put(head, 116, "0000000");
    put(head, 124, fmt::format("{:011o}", std::min<std::uint64_t>(declared_bytes, kHuge - 1)));
    put(head, 136, "14527000000");
    put(head, 148, "        ");
    put(head, 156, "0");
    put(head, 257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : head) sum += static_cast<std::uint8_t>(c);
    put(head, 148, fmt::format("{:06o}", sum));
    head[154] = '\0';
    tar += head;
    tar += content;
    tar.append((kTarBlock - content.size() % kTarBlock) % kTarBlock, '\0');
}

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

void put_little_endian(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
}

/// RFC 1951 §3.2.4: blocks that are not compressed. Any reader takes them, and nothing is needed
/// to write them.
std::string gzip(std::string_view bytes) {
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    std::string_view rest = bytes;
    do {
        const std::string_view block = rest.substr(0, kMostStored);
        rest.remove_prefix(block.size());
        out += rest.empty() ? '\1' : '\0';
        put_little_endian(out, static_cast<std::uint32_t>(block.size()), 2);
        put_little_endian(out, ~static_cast<std::uint32_t>(block.size()), 2);
        out += block;
    } while (!rest.empty());
    put_little_endian(out, crc32(bytes), 4);
    put_little_endian(out, static_cast<std::uint32_t>(bytes.size()), 4);
    return out;
}

}  // namespace

std::string make_log_archive(std::string_view camera_uid, LogFault fault) {
    std::string journal;
    constexpr int kLines = 400;
    for (int i = 0; i < kLines; ++i)
        journal += fmt::format("Jan 01 00:{:02}:{:02} {} nanitd[412]: frame {} of 10/s\n",
                               i / 60 % 60, i % 60, camera_uid, i * 10);
    std::string tar;
    const std::string_view name =
        fault == LogFault::Traversal ? "../../etc/passwd" : "journalctl.log";
    add_member(tar, name, journal, fault == LogFault::HugeMember ? kHuge : journal.size());
    add_member(tar, "version.txt", "6.58.615\n", 9);
    tar.append(2 * kTarBlock, '\0');
    std::string out = gzip(tar);
    if (fault == LogFault::Truncated) out.resize(out.size() / 2);
    return out;
}

}  // namespace casement::emulators::nanit
