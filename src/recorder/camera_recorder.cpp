#include "recorder/camera_recorder.hpp"

#include <algorithm>
#include <ctime>

#include <nlohmann/json.hpp>

#include "base/units.hpp"
#include "events/id.hpp"

namespace casement::recorder {

namespace {

/// Without pictures for so long the run ends, so that the time line says "unreachable" rather than
/// nothing. A stream that is live may be one of single pictures, which come every ten seconds.
constexpr std::chrono::seconds kSilence{5}, kSilenceWhileLive{35};

/// "21:14" in the hub's own time zone: what a person reads.
std::string time_of_day(base::WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min);
}

}  // namespace

CameraRecorder::CameraRecorder(Surroundings surroundings, std::string id,
                               std::shared_ptr<hub::Stream> stream, async::Executor executor,
                               Policy policy)
    : house_(std::move(surroundings)),
      id_(std::move(id)),
      stream_(std::move(stream)),
      executor_(std::move(executor)),
      lines_(house_.lines.with("camera", id_)),
      policy_(policy),
      planner_(id_, {policy.segment},
               [ids = std::make_shared<events::IdMaker>(house_.clock)] { return ids->next(); }),
      writer_(std::make_shared<BatchWriter>(house_.disk)),
      wake_(executor_),
      idle_(executor_),
      tasks_(executor_, lines_) {}

void CameraRecorder::start() {
    show();
    tasks_.spawn("record", [self = shared_from_this()] { return self->run(); });
}

async::Task<> CameraRecorder::run() {
    const auto step = house_.options.beat;
    while (!stopping_) {
        // Every camera beats at the same moments: their files are synced together.
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        const auto next = std::chrono::steady_clock::time_point{(now / step + 1) * step};
        if (!co_await wake_.wait_until(next)) break;  // cancelled
        beat();
    }
}

void CameraRecorder::beat() {
    const auto reason = held();
    if (reason) {
        reader_.reset();
        planner_.end_run(*reason);
        if (paused_ || policy_.mode == Mode::Off) not_before_ = house_.clock.steady_now();
    } else if (trouble_) {
        reader_.reset();
        if (!trouble_->looking && house_.clock.steady_now() >= trouble_->next_look) {
            trouble_->looking = true;
            tasks_.spawn("look for room",
                         [self = shared_from_this()] { return self->look_for_room(); });
        }
    } else {
        read_stream();
    }
    planner_.beat();
    hand_over();
    show();
}

std::optional<EndReason> CameraRecorder::held() const {
    if (stopping_) return EndReason::Restart;
    if (paused_) return paused_;
    if (policy_.mode == Mode::Off) return EndReason::RecordingOff;
    if (policy_.mode == Mode::Events && house_.clock.wall_now() > event_until_)
        return EndReason::RecordingOff;
    return std::nullopt;
}

void CameraRecorder::read_stream() {
    if (!reader_) {
        hub::ReaderOptions options;
        options.kind = "recorder";
        options.viewer = false;
        if (policy_.mode == Mode::Events) options.pre_roll = policy_.pre_roll;
        reader_ = stream_->subscribe(executor_, options);
        last_unit_ = house_.clock.steady_now();
    }
    while (const auto item = reader_->try_next()) take(*item);

    const auto silent = house_.clock.steady_now() - last_unit_;
    if (planner_.in_run() && silent > kSilence) {
        const bool live = stream_->status().phase == hub::Phase::Live;
        if (!live || silent > kSilenceWhileLive)
            planner_.end_run(EndReason::Unreachable, trouble_code());
    }
}

void CameraRecorder::take(const hub::Item& item) {
    if (const auto* parameters = std::get_if<hub::ParametersChanged>(&item))
        return planner_.parameters(*parameters->tracks);
    if (const auto* gap = std::get_if<hub::Gap>(&item)) {
        dropped_ += gap->lost;
        return planner_.end_run(EndReason::Lost);
    }
    const media::AccessUnitPtr& unit = std::get<media::AccessUnitPtr>(item);
    if (unit->slate || unit->discontinuity)
        planner_.end_run(EndReason::Unreachable, trouble_code());
    if (unit->slate) return;
    last_unit_ = house_.clock.steady_now();
    if (unit->received_at < not_before_) return;  // a new reader begins at a key frame of before
    if (overrun_) {
        ++dropped_;
        return;
    }
    planner_.unit(unit);
}

/// Why the stream failed, in the copy deck's words; the last one known, because a stream that is
/// back has no error any more.
std::string CameraRecorder::trouble_code() {
    const hub::StreamStatus now = stream_->status();
    if (now.error) last_trouble_ = now.error->reason();
    return last_trouble_;
}

void CameraRecorder::hand_over() {
    std::vector<Op> ops = planner_.take_ops();
    if (!ops.empty()) {
        for (const Op& op : ops) {
            if (const auto* append = std::get_if<Append>(&op)) waiting_bytes_ += append->bytes;
        }
        waiting_.push_back(std::move(ops));
    }
    if (!overrun_ && waiting_bytes_ > house_.options.max_waiting_bytes) {
        overrun_ = true;
        lines_.warn(
            "The disk is too slow: {} wait to be written, pictures are left out until it has "
            "caught up",
            waiting_bytes_);
        planner_.end_run(EndReason::DiskSlow, "disk-slow");
        waiting_.push_back(planner_.take_ops());
    }
    if (waiting_.empty() || writing_) return;
    writing_ = true;
    tasks_.spawn("write", [self = shared_from_this()] { return self->write(); });
}

async::Task<> CameraRecorder::write() {
    while (!waiting_.empty()) {
        std::vector<Op> ops = std::move(waiting_.front());
        waiting_.pop_front();
        std::size_t bytes = 0;
        for (const Op& op : ops) {
            if (const auto* append = std::get_if<Append>(&op)) bytes += append->bytes;
        }
        auto result = co_await house_.disk.writing().run(
            [writer = writer_, work = std::make_shared<std::vector<Op>>(std::move(ops))] {
                return writer->carry_out(std::move(*work));
            });
        waiting_bytes_ -= std::min(bytes, waiting_bytes_);
        apply(std::move(result));
        const auto flushed = co_await house_.index.flush(id_);
        if (!flushed) lines_.warn("The index is behind the files: {}", flushed.error().message());
    }
    if (overrun_) lines_.info("The disk has caught up");
    overrun_ = false;
    writing_ = false;
    idle_.ring();
}

void CameraRecorder::apply(BatchResult result) {
    for (const Run& run : result.runs) house_.catalog.run(run);
    for (const Segment& segment : result.closed) house_.catalog.closed(segment);
    house_.catalog.grew(id_, std::move(result.open));
    if (result.error) disk_failed(*result.error);
    show();
}

void CameraRecorder::disk_failed(const base::Error& error) {
    planner_.abandon();
    waiting_.clear();
    waiting_bytes_ = 0;
    const bool is_full = error.reason() == "disk-full";
    const base::WallTime now = house_.clock.wall_now();
    Trouble trouble{is_full ? camera::make_reason("disk-full", time_of_day(now))
                            : camera::make_reason("disk-error", fmt::format("The disk refused: {}",
                                                                            error.message())),
                    house_.clock.steady_now() + house_.options.retry_disk, false};
    if (!is_full) trouble.reason.action = camera::Action::Details;
    trouble.reason.since = now;
    const bool news = !trouble_;
    if (trouble_) trouble.reason = trouble_->reason;  // the first sentence says since when
    trouble_ = std::move(trouble);
    if (!news) return;
    lines_.error("{} ({})", trouble_->reason.text, error.message());
    tell(trouble_->reason.text, "stopped", trouble_->reason.code);
}

/// The disk has failed before: is there room again? If so, the next beat begins a new run at the
/// next key frame.
async::Task<> CameraRecorder::look_for_room() {
    Disk& disk = house_.disk;
    const std::uint64_t needed =
        std::max<std::uint64_t>(house_.options.keep_free_bytes / 2, 64u << 20);
    const auto room =
        co_await disk.reading().run([&disk] { return disk.files().free_bytes(disk.root()); });
    if (!trouble_) co_return;
    trouble_->looking = false;
    trouble_->next_look = house_.clock.steady_now() + house_.options.retry_disk;
    if (trouble_->reason.code == "disk-full" && (!room || *room < needed)) co_return;
    const auto lasted = std::chrono::floor<std::chrono::seconds>(
        house_.clock.wall_now() - trouble_->reason.since.value_or(house_.clock.wall_now()));
    std::string text =
        fmt::format("Recording goes on after {} without", base::format_duration(lasted));
    lines_.info("{}", text);
    const std::string code = trouble_->reason.code;
    trouble_.reset();
    tell(std::move(text), "resumed", code);
    wake_.ring();
}

void CameraRecorder::tell(std::string text, std::string state, const std::string& reason) {
    events::Event event;
    event.camera = id_;
    event.kind = events::kind::kRecording;
    event.start = house_.clock.wall_now();
    event.text = std::move(text);
    event.data = nlohmann::json{{"state", state}, {"reason", reason}}.dump();
    tasks_.spawn("tell of the disk",
                 [self = shared_from_this(), event = std::move(event)]() -> async::Task<> {
                     const auto stored = co_await self->house_.log.append(event);
                     if (!stored)
                         self->lines_.warn("An event could not be stored: {}",
                                           stored.error().message());
                 });
}

void CameraRecorder::set_policy(Policy policy) {
    const bool other_files = policy.segment != policy_.segment;
    policy_ = policy;
    if (other_files) planner_.set_segment(policy.segment);
    wake_.ring();
}

void CameraRecorder::pause(std::optional<EndReason> reason) {
    paused_ = reason;
    wake_.ring();
}

void CameraRecorder::event(base::WallTime until) {
    event_until_ = std::max(event_until_, until);
    if (policy_.mode == Mode::Events) wake_.ring();
}

async::Task<> CameraRecorder::stop(EndReason reason) {
    const auto self = shared_from_this();  // also when the recorder forgets it meanwhile
    if (!stopping_) {
        if (!held() && !trouble_ && reader_) read_stream();
        planner_.end_run(reason);
        stopping_ = true;
        reader_.reset();
        hand_over();
        wake_.ring();
    }
    while (writing_) {
        if (!co_await idle_.wait()) break;
    }
    co_await tasks_.join();
    show();
}

void CameraRecorder::show() {
    const bool active = planner_.in_run();
    const auto reason = trouble_ ? std::optional(trouble_->reason) : std::nullopt;
    const base::MutexLock lock(mutex_);
    if (status_.active != active || status_.since == base::WallTime{})
        status_.since = house_.clock.wall_now();
    status_.mode = policy_.mode;
    status_.active = active;
    status_.reason = reason;
    status_.lost_units = dropped_ + planner_.unusable();
}

Status CameraRecorder::status() const {
    const base::MutexLock lock(mutex_);
    return status_;
}

}  // namespace casement::recorder
