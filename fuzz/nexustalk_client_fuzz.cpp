// A server of nexustalk that says anything: the client hears nothing of a playback before it was
// let in, what comes out has parameters and a bounded size, and the time of pictures never goes
// back.

#include <cstdlib>

#include "protocols/nest/client_session.hpp"
#include "protocols/nest/playback_media.hpp"

namespace {

using namespace casement::protocols::nest;
namespace media = casement::media;

void check(bool holds) {
    if (!holds) std::abort();
}

class Viewer {
public:
    void take(const ClientEvent& event) {
        if (std::holds_alternative<Authorized>(event)) is_let_in_ = true;
        if (const auto* playing = std::get_if<Playing>(&event)) begin(*playing);
        if (const auto* frame = std::get_if<Frame>(&event)) {
            check(is_let_in_);
            if (media_) media_->push(*frame, {});
            drain();
        }
        if (std::holds_alternative<Ended>(event) && media_) {
            media_->finish();
            drain();
        }
    }

private:
    void begin(const Playing& playing) {
        check(is_let_in_);
        auto begun = PlaybackMedia::begin(playing.channels);
        media_.reset();
        last_[0] = last_[1] = INT64_MIN;
        if (begun) media_.emplace(std::move(*begun));
    }
    void drain() {
        while (media_) {
            const auto unit = media_->next();
            if (!unit) return;
            const auto track = static_cast<std::size_t>(unit->track);
            check(track < media_->tracks().size());
            check(media_->tracks()[track].parameters != nullptr);
            check(!unit->data.empty() && unit->data.size() <= kMaxPacketBytes);
            check(track == 1 || unit->dts >= last_[track]);
            last_[track] = unit->dts;
        }
    }

    bool is_let_in_ = false;
    std::optional<PlaybackMedia> media_;
    std::int64_t last_[2] = {INT64_MIN, INT64_MIN};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    ClientSession session({.camera = "0123456789abcdef0123456789abcdef",
                           .pictures = {Profile::Video2mbitL40, Profile::Video530kbitL31},
                           .session_id = 42});
    (void)session.take_output();
    Viewer viewer;
    const std::size_t step = data[0] % 64 + 1;
    for (std::size_t at = 1; at < size; at += step) {
        const casement::base::ByteSpan all(data, size);
        if (!session.push(all.subspan(at, std::min(step, size - at)))) return 0;
        for (;;) {
            const auto event = session.next();
            if (!event) return 0;
            if (!*event) break;
            viewer.take(**event);
        }
    }
    return 0;
}
