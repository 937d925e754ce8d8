#include "sources/snapshots/film.hpp"

#include <utility>

#include "formats/fmp4/writer.hpp"

namespace casement::sources::snapshots {

using base::Result;

namespace {

constexpr std::int64_t kClockRate = 90'000;

void append(std::string& out, base::ByteSpan bytes) { out.append(base::as_text(bytes)); }

}  // namespace

Film::Film(int frames_per_second)
    : frames_per_second_(frames_per_second), encoder_({.fps = frames_per_second}) {}

std::int64_t Film::ticks_at(int picture) const { return picture * kClockRate / frames_per_second_; }

Result<Film::Taken> Film::add(media::Bytes jpeg) {
    media::AccessUnit unit;
    unit.key = true;
    unit.pts = unit.dts = ticks_at(pictures_);
    unit.data = std::move(jpeg);
    std::vector<media::AccessUnit> made;
    CASEMENT_TRY(encoder_.push(unit, made));
    if (made.empty()) return Taken::Broken;
    if (!parameters_) {
        parameters_ = encoder_.track().parameters;
        CASEMENT_TRY(const media::Bytes head, formats::fmp4::write_init({encoder_.track()}));
        append(file_, head);
    }
    if (encoder_.track().parameters != parameters_) return Taken::OtherSize;
    if (made.front().key && !group_.empty()) {
        CASEMENT_TRY(end_group());
    }
    group_.push_back(std::make_shared<const media::AccessUnit>(std::move(made.front())));
    ++pictures_;
    return Taken::Yes;
}

Result<> Film::end_group() {
    std::vector<std::uint32_t> durations;
    const int first = pictures_ - static_cast<int>(group_.size());
    for (int i = first; i < pictures_; ++i)
        durations.push_back(static_cast<std::uint32_t>(ticks_at(i + 1) - ticks_at(i)));
    const formats::fmp4::TrackRun run{.track = encoder_.track().id,
                                      .decode_time = static_cast<std::uint64_t>(ticks_at(first)),
                                      .units = group_,
                                      .durations = durations};
    CASEMENT_TRY(const auto block,
                 formats::fmp4::make_fragment_block(
                     {&run, 1}, {.sequence = ++fragments_, .wall = std::nullopt}));
    append(file_, block);
    group_.clear();
    return {};
}

Result<std::string> Film::finish() {
    if (!group_.empty()) {
        CASEMENT_TRY(end_group());
    }
    return std::exchange(file_, {});
}

}  // namespace casement::sources::snapshots
