#include "formats/fmp4/retime.hpp"

#include <algorithm>
#include <string_view>

#include "formats/fmp4/box.hpp"

namespace casement::formats::fmp4 {

namespace {

using Bytes = std::span<std::uint8_t>;

constexpr std::size_t kFullBoxBytes = kBoxHeaderBytes + 4;  // with version and flags

std::uint64_t read(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < count; ++i) out = out << 8 | bytes[at + i];
    return out;
}

/// Calls `visit(type, box)` for each box in `bytes` that is whole; `box` has its header.
void for_each_box(Bytes bytes, auto visit) {
    while (bytes.size() >= kBoxHeaderBytes) {
        const std::uint64_t size = read(bytes, 0, 4);
        if (size < kBoxHeaderBytes || size > bytes.size()) return;
        visit(static_cast<std::uint32_t>(read(bytes, 4, 4)), bytes.first(size));
        bytes = bytes.subspan(size);
    }
}

void retime_run(Bytes traf, std::span<const Retime> retimes) {
    std::uint64_t track_id = 0;
    bool is_left_out = false;
    for_each_box(traf.subspan(kBoxHeaderBytes), [&](std::uint32_t type, Bytes box) {
        if (type == fourcc("tfhd") && box.size() >= kFullBoxBytes + 4)
            track_id = read(box, kFullBoxBytes, 4);
        // Our writer's are 64 bits wide (version 1, §8.8.12).
        if (type != fourcc("tfdt") || box.size() < kFullBoxBytes + 8 || box[kBoxHeaderBytes] != 1)
            return;
        if (track_id == 0 || track_id > retimes.size()) return;
        const Retime& by = retimes[track_id - 1];
        const auto time = static_cast<std::int64_t>(read(box, kFullBoxBytes, 8));
        is_left_out = time < by.not_before;
        const auto moved = static_cast<std::uint64_t>(std::max<std::int64_t>(time - by.back, 0));
        for (std::size_t i = 0; i < 8; ++i)
            box[kFullBoxBytes + i] = static_cast<std::uint8_t>(moved >> (56 - 8 * i));
    });
    if (is_left_out) std::ranges::copy(std::string_view("free"), traf.begin() + 4);
}

}  // namespace

void retime(Bytes moof, std::span<const Retime> retimes) {
    for_each_box(moof, [&](std::uint32_t type, Bytes box) {
        if (type != fourcc("moof")) return;
        for_each_box(box.subspan(kBoxHeaderBytes), [&](std::uint32_t child, Bytes inner) {
            if (child == fourcc("traf")) retime_run(inner, retimes);
        });
    });
}

}  // namespace casement::formats::fmp4
