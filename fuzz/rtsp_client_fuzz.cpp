// A server's bytes against a client that wants to play (or, with an odd first byte, to publish).
#include <algorithm>
#include <cstring>

#include "base/byte_reader.hpp"
#include "media/track.hpp"
#include "protocols/rtsp/client_session.hpp"

using namespace casement;
using namespace casement::protocols::rtsp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    ClientOptions options;
    options.url = *base::Url::parse("rtsp://ana:secret@camera.test/live");
    if (data[0] & 1)
        options.publish = {media::Track{
            .id = 0, .clock_rate = 90'000, .parameters = nullptr, .codec = media::Codec::H264}};
    ClientSession session(std::move(options));
    base::SteadyTime now{std::chrono::hours(1)};
    session.connected(now);
    base::ByteSpan bytes{data + 1, size - 1};
    const auto drain = [&] {
        while (const auto action = session.next_action(now)) {
            if (const auto* described = std::get_if<client::Described>(&*action)) {
                std::vector<std::size_t> all;
                for (std::size_t i = 0; i < described->offers.tracks.size(); ++i) all.push_back(i);
                session.choose(std::move(all), now);
            }
            if (std::holds_alternative<client::NeedPorts>(*action))
                session.ports(PortPair{4000, 4001}, now);
            if (std::holds_alternative<client::Reconnect>(*action)) session.connected(now);
        }
    };
    drain();
    while (!bytes.empty()) {
        const auto room = session.room();
        const std::size_t part = std::min({room.size(), bytes.size(), std::size_t{300}});
        std::memcpy(room.data(), bytes.data(), part);
        session.commit(part);
        bytes = bytes.subspan(part);
        drain();
        now += std::chrono::milliseconds(data[0] * 10);
    }
    session.teardown(now);
    drain();
    return 0;
}
