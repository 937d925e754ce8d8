#include "drivers/nanit/link.hpp"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>

#include "base/random.hpp"
#include "drivers/cancelled.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;
using Steady = std::chrono::steady_clock;

// The relay passes on answers to other clients' questions, who count from 1: a random offset keeps
// their ids and ours apart. Far from the end of an int32.
std::int32_t first_id() {
    return static_cast<std::int32_t>(1'000 + base::random_u32() % 1'000'000);
}

std::unexpected<base::Error> ended(std::string_view why) {
    return fail(ErrorKind::Unavailable, "the connection to the camera ended: {}", why);
}

}  // namespace

struct Link::Pending {
    Pending(const async::Executor& executor, std::int32_t t) : timer(executor), type(t) {}
    asio::steady_timer timer;
    const std::int32_t type;
    std::optional<pb::Response> answer;
};

Link::Link(std::shared_ptr<net::WebSocket> socket, Timing timing, OnMessage on_message)
    : socket_(std::move(socket)),
      timing_(timing),
      on_message_(std::move(on_message)),
      next_id_(first_id()) {}

Task<base::Error> Link::run() {
    using namespace asio::experimental::awaitable_operators;
    const auto outcome = co_await (read() || show_life());
    const Result<>& result = outcome.index() == 0 ? std::get<0>(outcome) : std::get<1>(outcome);
    is_down_ = true;
    fail_all();
    socket_->abort();
    co_return why_ ? *why_ : result.error();
}

Task<Result<>> Link::read() {
    for (;;) {
        auto frame = co_await socket_->receive();
        if (!frame) {
            if (frame.error().is(ErrorKind::Cancelled)) co_return std::unexpected(frame.error());
            co_return ended(frame.error().message());
        }
        unanswered_since_.reset();
        if (frame->is_text()) continue;
        // What cannot be read is the other side's mistake, and no reason to leave the camera.
        if (const auto message = protocols::nanit::parse(frame->data)) take(*message);
    }
}

void Link::take(const pb::Message& message) {
    if (message.has_request() || message.has_response()) has_heard_ = true;
    if (on_message_) on_message_(message);
    if (message.type() != protocols::nanit::kResponse || !message.has_response()) return;
    const pb::Response& response = message.response();
    const auto found = pending_.find(response.request_id());
    if (found == pending_.end() || !response.has_request_id()) return;
    Pending& asked = *found->second;
    // Somebody else's answer may have the same id: the type tells.
    if (asked.answer || response.request_type() != asked.type) return;
    asked.answer = response;
    asked.timer.cancel();
}

Task<Result<>> Link::show_life() {
    const std::vector<std::uint8_t> life =
        protocols::nanit::serialize(protocols::nanit::keepalive());
    auto next = Steady::now() + timing_.keepalive_first;
    const auto look = std::min(timing_.keepalive_every, timing_.silence / 4 + Timing::Ms{1});
    for (;;) {
        CASEMENT_CO_TRY(co_await async::sleep_for(std::min<Steady::duration>(
            look, std::max<Steady::duration>(next - Steady::now(), Timing::Ms{0}))));
        const auto now = Steady::now();
        if (unanswered_since_ && !silence_expected_ && now - *unanswered_since_ >= timing_.silence)
            co_return ended("nothing comes any more");
        if (now < next) continue;
        next = now + timing_.keepalive_every;
        CASEMENT_CO_TRY(co_await async::with_deadline(Deadline::in(timing_.answer), "sign of life",
                                                      socket_->send_binary(life)));
    }
}

Task<Result<pb::Response>> Link::ask(pb::Request request, Deadline deadline) {
    if (is_down_) co_return ended("before it was asked");
    const std::int32_t id = next_id_++;
    request.set_id(id);
    const auto asked = std::make_shared<Pending>(socket_->executor(), request.type());
    asked->timer.expires_at(deadline.time());
    pending_.emplace(id, asked);
    // Whoever waits keeps the link (Channel::ask).
    struct Leave {
        Link& link;
        std::int32_t id;
        ~Leave() { link.pending_.erase(id); }
    } const leave{*this, id};

    pb::Message message;
    message.set_type(protocols::nanit::kRequest);
    *message.mutable_request() = std::move(request);
    const auto sent =
        co_await async::with_deadline(deadline, "a question to the camera",
                                      socket_->send_binary(protocols::nanit::serialize(message)));
    if (!sent) {
        if (sent.error().is(ErrorKind::DeadlineExceeded) || sent.error().is(ErrorKind::Cancelled))
            co_return std::unexpected(sent.error());
        co_return ended(sent.error().message());
    }
    if (!unanswered_since_) unanswered_since_ = Steady::now();
    if (!asked->answer && !is_down_) {
        const auto [ec] = co_await asked->timer.async_wait(async::as_value);
        if (!asked->answer && co_await is_cancelled())
            co_return std::unexpected(async::to_error(ec, "wait for the camera"));
    }
    if (asked->answer) co_return std::move(*asked->answer);
    if (is_down_) co_return ended("before it answered");
    co_return fail(ErrorKind::DeadlineExceeded, "the camera does not answer");
}

void Link::fail_all() {
    for (const auto& [id, asked] : pending_) asked->timer.cancel();
}

void Link::give_up(base::Error why) {
    if (!why_) why_ = std::move(why);
    socket_->abort();
}

Task<> Link::close() {
    is_down_ = true;
    fail_all();
    co_await socket_->close();
}

}  // namespace casement::drivers::nanit
