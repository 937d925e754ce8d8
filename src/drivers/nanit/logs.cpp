#include "drivers/nanit/logs.hpp"

#include <boost/asio/cancellation_state.hpp>

#include "net/endpoint.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail_because;
using base::Result;
using Word = LogState::Word;

}  // namespace

std::string_view to_string(Word word) {
    switch (word) {
        case Word::None:
            return "none";
        case Word::Waiting:
            return "waiting";
        case Word::Receiving:
            return "receiving";
        case Word::Stored:
            return "stored";
        case Word::Failed:
            return "failed";
    }
    return "none";
}

Logs::Logs(async::Executor executor, Control& control, async::BlockingPool& disk,
           const base::Clock& clock, LogOptions options, base::Log log)
    : executor_(std::move(executor)),
      control_(control),
      disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      log_(std::move(log)),
      tasks_(executor_, log_) {}

base::Secret Logs::url() const {
    const bool is_v6 = options_.hub_host.contains(':');
    return base::Secret(fmt::format("http://{}{}{}:{}{}", is_v6 ? "[" : "", options_.hub_host,
                                    is_v6 ? "]" : "", door_->port(), door_->path().reveal()));
}

Result<> Logs::begin(const std::string& id, std::string peer) {
    if (door_)
        return fail_because("logs-awaited", ErrorKind::FailedPrecondition,
                            "the camera was asked for its logs already; they are on their way");
    const std::string& host = options_.hub_host;
    if (host.empty() || net::is_everywhere(host) ||
        (net::is_loopback(host) && !options_.allow_loopback))
        return fail_because("hub-unreachable", ErrorKind::InvalidArgument,
                            "the camera cannot be told where this hub is: \"{}\" means nothing to "
                            "it; set rtmp.advertise to this machine's address in the house, like "
                            "192.168.1.10:1935",
                            host);
    CASEMENT_TRY(door_, LogDoor::open(executor_,
                                      {.listen_host = options_.listen_host,
                                       .directory = options_.directory,
                                       .name = archive_name(id, clock_.wall_now()),
                                       .beside = id,
                                       .peer = std::move(peer)},
                                      disk_, log_));
    state_ = {.word = Word::Waiting, .file = {}, .error = {}};
    tasks_.spawn("logs", [this, id] { return run(id); });
    return {};
}

Task<Result<LogFile>> Logs::fetch() {
    pb::Request request;
    request.set_type(protocols::nanit::kGetLogs);
    request.mutable_get_logs()->set_url(url().reveal());
    const auto asked =
        co_await control_.ask(std::move(request), Urgency::Person, Deadline::in(options_.answer));
    if (!asked) co_return std::unexpected(asked.error().within("the camera gives no logs"));
    co_return co_await door_->wait(Deadline::in(options_.patience));
}

Task<> Logs::tidy(std::string id) {
    const auto removed = co_await disk_.run(
        [id, directory = options_.directory, limits = options_.limits, now = clock_.wall_now()] {
            return tidy_logs(directory, id, limits, now);
        });
    if (!removed)
        log_.warn("Old logs are not removed: {}", removed.error().message());
    else if (*removed > 0)
        log_.info("{} old archives of its logs were removed", *removed);
}

Task<> Logs::run(std::string id) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto got = co_await fetch();
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await door_->close();
    state_.received_bytes = door_->received_bytes();
    door_.reset();
    if (got) {
        log_.info("Its logs are in {}", got->path);
        state_.word = Word::Stored;
        state_.file = std::move(*got);
        co_return co_await tidy(std::move(id));
    }
    if (!got.error().is(ErrorKind::Cancelled)) log_.warn("No logs: {}", got.error().message());
    state_.word = Word::Failed;
    state_.error = std::move(got.error());
}

LogState Logs::state() const {
    LogState out = state_;
    if (door_) out.received_bytes = door_->received_bytes();
    if (door_ && out.received_bytes > 0) out.word = Word::Receiving;
    return out;
}

Task<> Logs::stop() { return tasks_.stop(); }

}  // namespace casement::drivers::nanit
