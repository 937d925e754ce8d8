// The archive of a camera's logs.
#include <algorithm>
#include <cstdlib>

#include "drivers/nanit/log_archive.hpp"

using namespace casement::drivers::nanit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ArchiveLimits limits{.max_members = 20, .max_unpacked_bytes = 1 << 20};
    const auto logs = list_logs(casement::base::ByteSpan(data, size), limits);
    if (!logs) return 0;
    if (logs->members.size() > limits.max_members) std::abort();
    std::uint64_t total = 0;
    for (const LogMember& member : logs->members) {
        total += member.size_bytes;
        const std::string framed = "/" + member.path + "/";
        const bool is_plain = std::ranges::all_of(
            member.path, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
        if (!is_plain || framed.contains("//") || framed.contains("/../")) std::abort();
    }
    if (total > limits.max_unpacked_bytes) std::abort();
    return 0;
}
