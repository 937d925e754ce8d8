// Packets and reports of two tracks at times of the input's choosing: reordering, statistics, time
// line, decoding times.
#include <cstdlib>
#include <limits>

#include "base/byte_reader.hpp"
#include "media/access_unit.hpp"
#include "protocols/rtp/media_receiver.hpp"

using namespace casement;
using namespace casement::protocols::rtp;

namespace {

/// What every stream must keep, whatever its camera does.
class Judge final : public MediaSink {
public:
    void on_tracks(const media::Tracks&) override {}
    void on_unit(media::AccessUnit unit) override {
        std::int64_t& last = last_[unit.track & 1];
        if (unit.dts <= last || unit.dts > unit.pts) std::abort();
        last = unit.dts;
    }
    void on_lost(std::uint64_t) override {}

private:
    std::int64_t last_[2] = {std::numeric_limits<std::int64_t>::min(),
                             std::numeric_limits<std::int64_t>::min()};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    base::ByteReader in({data, size});
    const std::uint8_t choice = in.u8();
    PayloadFormat video, audio;
    audio.codec = media::Codec::Pcmu;
    audio.payload_type = 0;
    audio.clock_rate = 8'000;
    MediaReceiver receiver(
        {{.format = video, .parameters = nullptr}, {.format = audio, .parameters = nullptr}},
        {.max_packets = choice & 15u, .max_wait = std::chrono::milliseconds(100)});
    Judge judge;
    base::SteadyTime now{std::chrono::hours(1)};
    base::WallTime wall{std::chrono::hours(24 * 365 * 56)};
    while (!in.at_end() && !in.failed()) {
        const std::uint8_t flags = in.u8();
        const auto passed = std::chrono::milliseconds(flags & 4 ? in.u16() : in.u8());
        now += passed;
        wall += flags & 8 ? -passed * 100 : passed;
        const base::ByteSpan bytes = in.take(std::min<std::size_t>(in.u8(), in.left()));
        const std::size_t track = flags & 1;
        if (flags & 2)
            (void)receiver.on_rtcp(track, bytes, now, wall);
        else
            receiver.on_rtp(track, bytes, now, wall, judge);
        if (flags & 16) receiver.poll(now, wall, judge);
        if (flags & 32) (void)receiver.receiver_report(track, now);
    }
    return 0;
}
