#include "app/recording.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace casement::app {

namespace {

// What one read of a download takes from the disk.
constexpr std::size_t kPieceBytes = 256u << 10;

/// Runs are named by text in the recorder and by number in the API, where a number only says "the
/// same" or "another".
std::int64_t number_of(const std::string& run) {
    return static_cast<std::int64_t>(std::hash<std::string>{}(run) >> 11);
}

/// Of a camera that brought nothing: the copy deck speaks of now, and with numbers that a gap has
/// not.
std::string why_unreachable(std::string_view code) {
    struct Past {
        std::string_view code, sentence;
    };
    constexpr std::array kPast{
        Past{"no-publisher", "The camera sent nothing."},
        Past{"stalled", "The camera was connected and sent nothing."},
        Past{"hub-unreachable", "The camera did not reach this hub."},
        Past{"no-control", "There was no connection over which it could be asked."},
        Past{"sleeping", "The camera was in standby."},
        Past{"refused", "It answered, but not on its port."},
        Past{"vendor-down", "Its vendor did not answer."},
        Past{"not-signed-in", "Nobody was signed in to its account."},
        Past{"session-ended", "Nobody was signed in to its account."},
        Past{"code-needed", "Nobody was signed in to its account."},
        Past{"account-refused", "Its vendor did not let the account in."},
        Past{"wrong-password", "Its password was wrong."},
        Past{"battery-empty", "Its battery was empty."},
        Past{"off", "It was switched off."},
        Past{"codec", "It sent what cannot be read."},
        Past{"clock", "Its clock was wrong."},
        Past{"lease-ended", "Its vendor ended the stream."},
    };
    const auto* const found = std::ranges::find(kPast, code, &Past::code);
    if (found != kPast.end()) return std::string(found->sentence);
    const std::string now = camera::make_reason(code).text;
    const bool has_hole = now != camera::make_reason(code, "?").text;
    return now.empty() || has_hole ? "The camera did not answer." : now;
}

/// One export being read from its begin to its end.
class Reading final : public api::Footage {
public:
    explicit Reading(recorder::ExportPtr file) : file_(std::move(file)) {}

    base::WallTime start() const override { return file_->from(); }
    std::optional<std::uint64_t> size() const override { return file_->size(); }
    async::Task<base::Result<media::Bytes>> next() override {
        CASEMENT_CO_TRY(media::Bytes piece, co_await file_->read(at_, kPieceBytes));
        at_ += piece.size();
        co_return piece;
    }

private:
    const recorder::ExportPtr file_;
    std::uint64_t at_ = 0;
};

}  // namespace

std::string sentence_of(const recorder::Gap& gap) {
    if (gap.reason == "unreachable") return why_unreachable(gap.detail);
    if (gap.reason == "privacy") return "Shutters closed.";
    if (gap.reason == "recording-off") return "Recording was off.";
    if (gap.reason == "disk-full") return "The disk was full.";
    if (gap.reason == "disk-slow") return "The disk was too slow.";
    if (gap.reason == "disk-error") return "The disk could not be written.";
    if (gap.reason == "restart") return "The hub was not running.";
    if (gap.reason == "deleted") return "Deleted as agreed.";
    return "Nothing was recorded.";
}

bool is_spared(const config::Config& config, std::string_view id, bool says_battery) {
    const config::Camera* const camera = config.camera(id);
    if (!camera) return says_battery;
    const bool is_on_battery =
        camera->power ? *camera->power == config::Power::Battery : says_battery;
    const bool is_asked_for =
        camera->has_record_mode && camera->record.mode == config::RecordMode::Always;
    return is_on_battery && !is_asked_for;
}

config::Record record_of(const config::Config& config, std::string_view id, bool says_battery) {
    const config::Camera* const camera = config.camera(id);
    config::Record record = camera ? camera->record : config.defaults.record;
    if (record.mode == config::RecordMode::Always && is_spared(config, id, says_battery))
        record.mode = config::RecordMode::Events;
    return record;
}

recorder::Policy policy_of(const config::Record& record) {
    recorder::Policy policy;
    switch (record.mode) {
        case config::RecordMode::Always:
            policy.mode = recorder::Mode::Always;
            break;
        case config::RecordMode::Events:
            policy.mode = recorder::Mode::Events;
            break;
        case config::RecordMode::Off:
            policy.mode = recorder::Mode::Off;
            break;
    }
    policy.keep = record.keep;
    policy.max_bytes = record.max_size_bytes;
    policy.segment = record.segment;
    policy.pre_roll = record.pre_roll;
    policy.post_roll = record.post_roll;
    return policy;
}

api::RecordingState recording_state(const recorder::Recorder& recorder, const std::string& camera) {
    api::RecordingState out;
    const auto status = recorder.status(camera);
    if (!status) return out;
    out.mode = status->mode == recorder::Mode::Always   ? "always"
               : status->mode == recorder::Mode::Events ? "events"
                                                        : "off";
    out.active = status->active;
    out.since = status->since;
    out.reason = status->reason;
    return out;
}

async::Task<base::Result<api::FootageList>> Footage::list(std::string camera, base::WallTime from,
                                                          base::WallTime to) {
    api::FootageList out;
    CASEMENT_CO_TRY(const auto segments, co_await library_.segments(camera, from, to));
    for (const recorder::Segment& s : segments)
        out.segments.push_back({s.start, s.end, number_of(s.run), s.bytes});
    CASEMENT_CO_TRY(const auto timeline, co_await library_.timeline(camera, from, to));
    for (const recorder::Gap& gap : timeline.gaps)
        out.gaps.push_back({gap.start, gap.end, gap.reason, sentence_of(gap)});
    co_return out;
}

async::Task<base::Result<std::unique_ptr<api::Footage>>> Footage::open(std::string camera,
                                                                       base::WallTime from,
                                                                       base::WallTime to) {
    recorder::ExportRequest request;
    request.camera = std::move(camera);
    request.from = from;
    request.to = to;
    request.form = formats::fmp4::SliceForm::Fragmented;
    CASEMENT_CO_TRY(recorder::ExportPtr file, co_await library_.export_range(std::move(request)));
    co_return std::make_unique<Reading>(std::move(file));
}

}  // namespace casement::app
