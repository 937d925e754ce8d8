#include "drivers/nanit/channel.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/cancellation_state.hpp>

#include "base/text.hpp"
#include "drivers/cancelled.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::fail_because;
using base::Result;

constexpr std::size_t kMaxUnknown = 256;  // of a camera; later ones are not logged

bool has_words(const std::string& text, std::string_view words) {
    return base::lower_case(text).find(words) != std::string::npos;
}

}  // namespace

std::string_view to_string(Road road) {
    constexpr std::array<std::string_view, 3> kNames{"none", "local", "cloud"};
    return kNames[static_cast<std::size_t>(road)];
}

Result<pb::Response> accepted(pb::Response response) {
    const int code = response.status_code();
    if (code == 0 || (code >= 200 && code < 300)) return response;
    const std::string& text = response.status_message();
    const std::string said = clean_text(text);
    if (has_words(text, "above limit"))
        return fail_because("slots-full", ErrorKind::FailedPrecondition,
                            "all places of the camera are taken, perhaps by phones");
    if (has_words(text, "sleeping"))
        return fail_because("sleeping", ErrorKind::FailedPrecondition, "the camera is in standby");
    if (has_words(text, "punch p2p"))
        return fail_because("p2p-blocked", ErrorKind::FailedPrecondition,
                            "a firewall keeps the camera from sending its pictures");
    const std::string words = said.empty() ? fmt::format("status {}", code) : said;
    if (code >= 400 && code < 500)
        return fail(ErrorKind::InvalidArgument, "the camera refuses: {}", words);
    return fail(ErrorKind::Unavailable, "the camera could not do it: {}", words);
}

async::TurnLimits turn_limits() {
    return {.of_rank = {kAtOnce, kAtOnce, 1},
            .at_once = kAtOnce,
            .max_waiting = kMaxWaiting,
            .full = "questions wait for the camera already",
            .busy = "the camera was"};
}

Channel::Channel(const async::Executor& executor, Account& account, Memory& memory,
                 const base::Clock& clock, ChannelOptions options, Link::OnMessage on_message)
    : executor_(executor),
      options_(std::move(options)),
      on_message_(std::move(on_message)),
      log_(base::Log().component("nanit").with("camera", options_.serial)),
      local_(account, memory, clock, options_.serial, options_.timing, log_),
      cloud_(account, options_.relay, options_.serial, options_.timing),
      turns_(executor, turn_limits()),
      bell_(executor),
      arrived_(executor, asio::steady_timer::time_point::max()),
      backoff_(options_.timing.backoff()),
      renewal_(account.listen([this](base::WallTime) {
          is_renewed_ = true;
          retry_at_ = {};
          bell_.ring();
      })),
      tasks_(executor, log_) {
    local_.set_address(options_.local_address);
}

Channel::~Channel() = default;

// The connection
// --------------------------------------------------------------------------------------------

Task<> Channel::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        co_await look();
        if (co_await is_cancelled() || !co_await bell_.wait_until(next_look())) break;
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    road_ = Road::None;
    if (const auto link = std::exchange(link_, nullptr)) co_await link->close();
    co_await tasks_.stop();
}

bool Channel::may_try_local() const { return local_.has_address() && Steady::now() >= local_at_; }

Channel::Steady::time_point Channel::next_look() const {
    auto next = Steady::time_point::max();
    if (!link_ || (road_ == Road::Cloud && is_renewed_)) next = retry_at_;
    if (road_ != Road::Local && local_.has_address()) next = std::min(next, local_at_);
    return next;
}

Task<> Channel::look() {
    if (road_ != Road::Local && may_try_local() && co_await try_local()) co_return;
    if (co_await is_cancelled()) co_return;
    const bool wants_cloud = !link_ || (road_ == Road::Cloud && is_renewed_);
    if (!wants_cloud || Steady::now() < retry_at_) co_return;
    if (co_await try_cloud()) co_return;
    retry_at_ = Steady::now() + backoff_.next();
    // Without the cloud the house is all there is: not at the pace of a probe.
    const bool is_full = local_problem_ && local_problem_->reason() == "slots-full";
    if (!link_ && local_.has_address() && !is_full) local_at_ = std::min(local_at_, retry_at_);
}

Task<bool> Channel::try_local() {
    auto opened = co_await local_.open(Deadline::in(options_.timing.open_relay));
    if (opened) {
        adopt(Road::Local, std::move(*opened));
        co_return true;
    }
    const base::Error& error = opened.error();
    const bool is_news = !local_problem_ || local_problem_->message() != error.message();
    if (is_news && !error.is(ErrorKind::Cancelled)) {
        if (error.reason() == "certificate")
            log_.warn("{}. It gets no token until somebody says that this is right",
                      error.message());
        else
            log_.info("Not reached in the house: {}", error.message());
    }
    local_at_ = Steady::now() + (error.reason() == "slots-full" ? options_.timing.slots_full
                                                                : options_.timing.probe_local);
    local_problem_ = error;
    co_return false;
}

Task<bool> Channel::try_cloud() {
    auto opened = co_await cloud_.open(Deadline::in(options_.timing.open_relay));
    if (opened) {
        // It may have been renewed for this connection, or while this one was opened.
        is_renewed_ = co_await cloud_.is_outdated(Deadline::in(options_.timing.open_relay));
        adopt(Road::Cloud, std::move(*opened));
        co_return true;
    }
    const base::Error& error = opened.error();
    if (!link_ && !error.is(ErrorKind::Cancelled)) {
        if (!problem_ || problem_->message() != error.message())
            log_.info("Not reached over the relay: {}", error.message());
        problem_ = error;
    }
    co_return false;
}

void Channel::adopt(Road road, std::shared_ptr<net::WebSocket> socket) {
    const std::shared_ptr<Link> old = std::move(link_);
    auto link = std::make_shared<Link>(std::move(socket), options_.timing,
                                       [this](const pb::Message& message) { heard(message); });
    link->expect_silence(!cloud_sees_camera_);
    link_ = link;
    road_ = road;
    opened_at_ = Steady::now();
    is_suspect_ = false;
    problem_.reset();
    if (road == Road::Local) local_problem_.reset();
    log_.info("Connected, road={}", to_string(road));
    tasks_.spawn("control link", [this, link]() -> Task<> { ended(link, co_await link->run()); });
    if (old) tasks_.spawn("close the old link", [old]() -> Task<> { co_await old->close(); });
    arrived_.cancel();
    tell();
}

void Channel::ended(const std::shared_ptr<Link>& link, const base::Error& why) {
    if (link_ != link) return;  // another one took its place
    const Road road = std::exchange(road_, Road::None);
    link_.reset();
    problem_ = why;
    const bool was_healthy = Steady::now() - opened_at_ >= options_.timing.healthy;
    if (was_healthy) backoff_.reset();
    if (!why.is(ErrorKind::Cancelled)) log_.info("{}, road={}", why.message(), to_string(road));
    retry_at_ = Steady::now();
    if (road == Road::Local) {
        local_at_ = retry_at_ + options_.timing.probe_local;
        local_problem_ = why;
    } else if (!(is_suspect_ && was_healthy)) {
        retry_at_ += backoff_.next();
    }
    tell();
    bell_.ring();
}

std::shared_ptr<const Control::RoadListener> Channel::listen(RoadListener listener) {
    auto out = std::make_shared<const RoadListener>(std::move(listener));
    listeners_.push_back(out);
    return out;
}

void Channel::tell() {
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    const auto listeners = listeners_;  // one may add another
    for (const auto& weak : listeners) {
        if (const auto listener = weak.lock()) (*listener)(road_);
    }
}

Task<> Channel::learn_address(std::string ip) {
    if (!co_await local_.learn(std::move(ip))) co_return;
    local_at_ = {};
    bell_.ring();
}

Task<> Channel::trust_again() {
    co_await local_.trust_again();
    local_at_ = {};
    bell_.ring();
}

void Channel::cloud_says(bool is_connected) {
    cloud_sees_camera_ = is_connected;
    if (link_) link_->expect_silence(!is_connected);
}

void Channel::heard(const pb::Message& message) {
    for (const auto& field : protocols::nanit::unknown_fields(message)) {
        if (unknown_.size() < kMaxUnknown && unknown_.insert(field).second)
            log_.info("{} has a field {} that is not known", field.message, field.number);
    }
    const auto type =
        message.has_request() ? message.request().type() : message.response().request_type();
    if (protocols::nanit::name_of(type).empty() && type != 0 &&
        unknown_types_.size() < kMaxUnknown && unknown_types_.insert(type).second)
        log_.info("Messages of type {} are not known", type);
    if (on_message_) on_message_(message);
}

// Questions
// --------------------------------------------------------------------------------------------

/// Of one try. Whoever has a second one leaves it two fifths of the time.
Deadline Channel::patience(const pb::Request& request, Urgency urgency, Deadline deadline) const {
    const bool is_streaming = request.type() == protocols::nanit::kPutStreaming;
    const bool may_be_off = road_ == Road::Cloud && !has_heard();
    const Deadline own = Deadline::in(may_be_off     ? options_.timing.first_sign
                                      : is_streaming ? options_.timing.streaming_answer
                                                     : options_.timing.answer);
    if (urgency == Urgency::Background || deadline.is_never()) return own.sooner_of(deadline);
    const auto now = Steady::now();
    return own.sooner_of(Deadline::at(now + (deadline.time() - now) * 3 / 5));
}

Task<Result<>> Channel::arrival(Deadline deadline) {
    struct Wait {
        static Task<Result<>> for_link(Channel& channel) {
            while (!channel.link_) {
                const auto [ec] = co_await channel.arrived_.async_wait(async::as_value);
                if (co_await is_cancelled())
                    co_return std::unexpected(async::to_error(ec, "wait for a connection"));
            }
            co_return Result<>{};
        }
    };
    co_return co_await async::with_deadline(deadline, "the camera", Wait::for_link(*this));
}

Task<Result<pb::Response>> Channel::ask(pb::Request request, Urgency urgency, Deadline deadline) {
    CASEMENT_CO_TRY(const auto turn, co_await turns_.take(deadline, rank_of(urgency)));
    for (bool is_second = false;; is_second = true) {
        if (!link_) {
            if (!is_second) {
                base::Error error(ErrorKind::Unavailable, "there is no connection to the camera");
                if (problem_) error = problem_->within("there is no connection to the camera");
                co_return fail_because(error.reason(), ErrorKind::Unavailable, "{}",
                                       error.message());
            }
            CASEMENT_CO_TRY(co_await arrival(deadline));
        }
        const std::shared_ptr<Link> link = link_;
        const auto answer = co_await link->ask(request, patience(request, urgency, deadline));
        if (answer) co_return accepted(*answer);
        const base::Error& error = answer.error();
        if (is_second || urgency == Urgency::Background || error.is(ErrorKind::Cancelled))
            co_return answer;
        if (link == link_ && error.is(ErrorKind::DeadlineExceeded)) {
            is_suspect_ = true;
            link->give_up({ErrorKind::Unavailable, "the camera did not answer"});
            ended(link, {ErrorKind::Unavailable, "the camera did not answer"});
        }
    }
}

}  // namespace casement::drivers::nanit
