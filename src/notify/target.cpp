#include "notify/target.hpp"

#include <utility>

#include "base/time_scale.hpp"
#include "base/url.hpp"

namespace casement::notify {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::fail;
using base::Result;

/// One line per receiver in this time, with the number of those that were not written.
constexpr std::chrono::seconds kComplainEvery{60};
constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

Target::Target(const async::Executor& executor, TargetOptions options, base::Log log)
    : options_(std::move(options)), log_(std::move(log)), client_(executor), bell_(executor) {}

std::string Target::host() const {
    const auto url = base::Url::parse(options_.url.reveal());
    return url ? url->authority() : std::string("?");
}

void Target::post(Post post) {
    if (queue_.size() >= options_.capacity) {
        queue_.pop_front();
        ++stats_.dropped;
        ++lost_;
    }
    queue_.push_back(std::move(post));
    bell_.ring();
}

TargetStats Target::stats() const {
    TargetStats out = stats_;
    out.waiting = queue_.size() + (is_busy_ ? 1 : 0);
    return out;
}

async::Task<> Target::run() {
    struct Over {
        Target& target;
        ~Over() {
            target.stats_.dropped += target.queue_.size() + (target.is_busy_ ? 1 : 0);
            target.queue_.clear();
            target.is_busy_ = false;
        }
    } const over{*this};
    for (;;) {
        while (!queue_.empty()) {
            const Post post = std::move(queue_.front());
            queue_.pop_front();
            is_busy_ = true;
            const auto delivered = co_await deliver(post);
            if (!delivered && delivered.error().is(ErrorKind::Cancelled)) co_return;
            is_busy_ = false;
            if (delivered) {
                ++stats_.delivered;
            } else {
                ++stats_.failed;
                complain(post, delivered.error());
            }
        }
        if (!co_await bell_.wait()) co_return;
    }
}

async::Task<Result<>> Target::deliver(const Post& post) {
    Try which;
    Result<> outcome = fail(ErrorKind::Internal, "there was no try");
    for (const std::chrono::milliseconds pause : options_.pauses) {
        if (pause.count() > 0) {
            CASEMENT_CO_TRY(co_await async::sleep_for(pause));
        }
        const Body body = post.body(which);
        const auto status = co_await try_once(body);
        if (!status && status.error().is(ErrorKind::Cancelled))
            co_return std::unexpected(status.error());
        if (status && *status >= 200 && *status < 300) co_return Result<>{};
        outcome = status ? Result<>(fail(ErrorKind::Unavailable, "it answered {}", *status))
                         : Result<>(std::unexpected(status.error()));
        which.last_status = status.value_or(0);
        ++which.number;
    }
    co_return outcome;
}

async::Task<Result<int>> Target::try_once(const Body& body) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = options_.url.reveal();
    request.max_redirects = 0;  // a body goes where the owner said, and nowhere else
    request.headers.set("Content-Type", body.content_type);
    if (!options_.secret.empty())
        request.headers.set("X-Casement-Signature",
                            "sha256=" + hmac_sha256(options_.secret.reveal(), body.text));
    const std::uint64_t lost = lost_;
    if (lost > 0) request.headers.set("X-Casement-Lost", std::to_string(lost));
    request.body = body.text;
    // The head is all that counts: an endless body costs nothing.
    CASEMENT_CO_TRY(const auto answer, co_await client_.open(std::move(request),
                                                             Deadline::in(options_.answer_within)));
    const int status = answer->status();
    if (status >= 200 && status < 300) lost_ -= lost;
    co_return status;
}

void Target::complain(const Post& post, const base::Error& why) {
    const auto now = std::chrono::steady_clock::now();
    if (complained_ != std::chrono::steady_clock::time_point{} &&
        now - complained_ < kComplainEvery) {
        ++unsaid_;
        return;
    }
    complained_ = now;
    log_.warn("{} ({}) did not take \"{}\" in {} tries: {} failed={} dropped={} unsaid={}",
              options_.name, host(), post.what, options_.pauses.size(), why.message(),
              stats_.failed, stats_.dropped, std::exchange(unsaid_, 0));
}

Targets::Targets(const async::Executor& executor, base::Log log, double time_scale)
    : executor_(executor), log_(log), time_scale_(time_scale), tasks_(executor, std::move(log)) {}

Target& Targets::add(TargetOptions options) {
    for (std::chrono::milliseconds& pause : options.pauses)
        pause = base::scaled(pause, time_scale_);
    auto target = std::make_shared<Target>(executor_, std::move(options), log_);
    targets_.push_back(target);
    tasks_.spawn("webhook " + target->name(), [target] { return target->run(); });
    return *target;
}

async::Task<> Targets::stop(std::chrono::milliseconds patience) {
    const Deadline deadline = Deadline::in(patience);
    for (const auto& target : targets_) {
        while (!target->is_idle() && !deadline.passed()) {
            if (!co_await async::sleep_for(kLookEvery)) break;
        }
    }
    co_await tasks_.stop();
    std::uint64_t dropped = 0;
    for (const auto& target : targets_) dropped += target->stats().dropped;
    if (dropped > 0) log_.info("{} webhooks were never delivered", dropped);
}

}  // namespace casement::notify
