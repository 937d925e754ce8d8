// A client's bytes; the first byte says how its host answers.
#include <algorithm>
#include <cstring>

#include "base/byte_reader.hpp"
#include "protocols/rtsp/server_session.hpp"

using namespace casement;
using namespace casement::protocols::rtsp;

namespace {

struct Host {
    ServerSession& session;
    std::uint8_t mood;
    unsigned count = 0;

    bool refuses() { return (mood >> (count++ % 8) & 1) != 0; }
    void operator()(const NeedDescribe& need) {
        refuses() ? session.respond_unauthorized(need.id)
                  : session.respond_describe(need.id, "ana", "v=0\r\n");
    }
    void operator()(const NeedAnnounce& need) {
        refuses() ? session.refuse(need.id, 415, "no") : session.respond_announce(need.id, "ana");
    }
    void operator()(const NeedSetup& need) {
        if (refuses()) return session.refuse(need.id, 461);
        session.respond_setup(
            need.id, "ana",
            {.track = need.track.value_or(0), .server_port = PortPair{1, 2}, .ssrc = 3});
    }
    void operator()(const NeedPlay& need) {
        refuses()
            ? session.refuse(need.id, 404)
            : session.respond_play(need.id, {{.track = 0, .sequence = 1, .rtp_timestamp = 2}});
    }
    void operator()(const NeedRecord& need) {
        refuses() ? session.refuse(need.id, 500) : session.respond_record(need.id);
    }
    void operator()(const auto&) {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    ServerSession session({});
    Host host{session, data[0]};
    base::ByteSpan bytes{data + 1, size - 1};
    base::SteadyTime now{std::chrono::hours(1)};
    while (!bytes.empty()) {
        const auto room = session.room();
        const std::size_t part = std::min({room.size(), bytes.size(), std::size_t{700}});
        std::memcpy(room.data(), bytes.data(), part);
        session.commit(part);
        bytes = bytes.subspan(part);
        while (const auto action = session.next_action(now)) std::visit(host, *action);
        now += std::chrono::seconds(1);
    }
    return 0;
}
