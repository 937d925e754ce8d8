#pragma once

#include <algorithm>
#include <string_view>

namespace casement::protocols::rtsp {

/// What recv would do, in as many calls as the session's room asks for.
void give(auto& session, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = session.room();
        const std::size_t part = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), part, room.begin());
        session.commit(part);
        bytes.remove_prefix(part);
    }
}

}  // namespace casement::protocols::rtsp
