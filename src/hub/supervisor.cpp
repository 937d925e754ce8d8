#include "hub/supervisor.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/hop.hpp"
#include "hub/slate.hpp"

namespace casement::hub {

using base::Error;
using base::ErrorKind;
using namespace asio::experimental::awaitable_operators;

namespace {

/// A run that lived this long was a success: the next failure starts the back-off from its
/// beginning.
constexpr std::chrono::seconds kGoodRun{30};
constexpr std::chrono::milliseconds kWatchPeriod{500};

/// Turns a source's exceptions into errors: a bug in one source must not end its supervisor.
async::Task<base::Result<>> run_caught(Source& source, StreamWriter& writer) {
    try {
        co_return co_await source.run(writer);
    } catch (const boost::system::system_error& e) {
        co_return std::unexpected(async::to_error(e.code(), "source"));
    } catch (const std::exception& e) {
        co_return base::fail(ErrorKind::Internal, "source failed: {}", e.what());
    }
}

}  // namespace

struct Supervisor::State : std::enable_shared_from_this<Supervisor::State> {
    State(async::Executor ex, std::shared_ptr<Stream> s, SourceFactory f, SupervisorOptions o)
        : executor(std::move(ex)),
          stream(std::move(s)),
          factory(std::move(f)),
          options(std::move(o)),
          backoff(options.backoff),
          changed(executor),
          tasks(executor, stream->log()) {}

    async::Task<> supervise();
    async::Task<> wait_until_wanted();
    async::Task<base::Result<>> run_once();
    async::Task<base::Result<>> watch(const Source& source, std::uint64_t seen);
    async::Task<> wait_for_retry(const Error& error);
    bool wanted() const { return !stopping && (options.always || stream->wanted()); }
    void fail_with(const Error& error, std::optional<base::WallTime> next_try);
    void tell_waiting(std::optional<Error> why, bool was_live);

    const async::Executor executor;
    const std::shared_ptr<Stream> stream;
    const SourceFactory factory;
    // Owned by the executor.
    SupervisorOptions options;
    async::Backoff backoff;
    async::Bell changed;  // demand, stop or "try now"
    bool stopping = false;
    bool retry_asked = false;
    bool restart_asked = false;
    std::string last_sentence;  // the same failure is logged once, not at every try
    async::TaskGroup tasks;
};

Supervisor::Supervisor(async::Executor executor, std::shared_ptr<Stream> stream,
                       SourceFactory factory, SupervisorOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(stream), std::move(factory),
                                     std::move(options))) {
    state_->stream->on_demand_changed = [weak = std::weak_ptr(state_)] {
        if (const auto state = weak.lock())
            asio::post(state->executor, [state] { state->changed.ring(); });
    };
}

Supervisor::~Supervisor() = default;

void Supervisor::start() {
    asio::post(state_->executor, [state = state_] {
        state->tasks.spawn("supervisor", [state] { return state->supervise(); });
    });
}

async::Task<> Supervisor::stop() {
    const auto state = state_;
    // Hops to the stream's executor, so that any thread may ask.
    const auto end = [](std::shared_ptr<State> s) -> async::Task<> {
        s->stopping = true;
        s->changed.ring();
        co_await s->tasks.join();
    };
    co_await async::hop(state->executor, end(state));
}

void Supervisor::retry_now() {
    asio::post(state_->executor, [state = state_] {
        state->retry_asked = true;
        state->changed.ring();
    });
}

void Supervisor::restart() {
    asio::post(state_->executor, [state = state_] {
        state->restart_asked = true;
        state->retry_asked = true;
        state->changed.ring();
    });
}

void Supervisor::set_demand(bool always, std::chrono::milliseconds linger) {
    asio::post(state_->executor, [state = state_, always, linger] {
        state->options.always = always;
        state->options.linger = linger;
        state->changed.ring();
    });
}

const std::shared_ptr<Stream>& Supervisor::stream() const { return state_->stream; }

async::Task<> Supervisor::State::supervise() {
    const auto self = shared_from_this();
    while (!stopping) {
        if (!wanted()) {
            stream->set_phase(Phase::Idle, std::nullopt, std::nullopt);
            co_await wait_until_wanted();
            continue;
        }
        stream->set_phase(Phase::Connecting, std::nullopt, std::nullopt);
        const auto began = std::chrono::steady_clock::now();
        restart_asked = false;
        const base::Result<> ended = co_await run_once();
        if (stopping || !wanted() || restart_asked) continue;
        const Error error =
            ended ? Error(ErrorKind::Unavailable, "the camera ended the stream") : ended.error();
        if (std::chrono::steady_clock::now() - began >= kGoodRun) backoff.reset();
        co_await wait_for_retry(error);
    }
    stream->set_phase(Phase::Idle, std::nullopt, std::nullopt);
}

async::Task<> Supervisor::State::wait_until_wanted() {
    while (!wanted() && !stopping) {
        if (!co_await changed.wait()) co_return;
    }
}

async::Task<base::Result<>> Supervisor::State::run_once() {
    CASEMENT_CO_TRY(auto source, co_await factory());
    base::Result<> ended;
    {
        StreamWriter writer(stream);
        const std::uint64_t seen = stream->status().counters.units_in;
        auto first = co_await (run_caught(*source, writer) || watch(*source, seen));
        ended = first.index() == 0 ? std::move(std::get<0>(first)) : std::move(std::get<1>(first));
    }
    // The polite end comes before anything else may open this camera.
    try {
        co_await source->close(async::Deadline::in(options.farewell));
    } catch (const std::exception& e) {
        stream->log().warn("The camera could not be told goodbye: {}", e.what());
    }
    co_return ended;
}

/// Ends (and with it the run) when nobody wants the stream for `linger`, on stop, or when no unit
/// comes for `stall`. While the source waits to be called, it shows the slate. `seen`: units before
/// the run.
async::Task<base::Result<>> Supervisor::State::watch(const Source& source, std::uint64_t seen) {
    auto last_progress = std::chrono::steady_clock::now();
    auto last_wanted = last_progress;
    auto next_look = last_progress + kWatchPeriod;
    bool live = false;
    std::unique_ptr<Slate> slate;
    for (;;) {
        CASEMENT_CO_TRY(co_await changed.wait_until(next_look));
        const auto now = std::chrono::steady_clock::now();
        next_look = now + kWatchPeriod;
        if (stopping) co_return base::fail(ErrorKind::Cancelled, "stopped");
        if (restart_asked) co_return base::fail(ErrorKind::Cancelled, "started anew");
        if (wanted()) last_wanted = now;
        if (now - last_wanted >= options.linger)
            co_return base::fail(ErrorKind::Cancelled, "nobody watches");
        const std::uint64_t units = stream->status().counters.units_in;
        if (units != seen) {
            live = true;
            seen = units;
            last_progress = now;
            slate.reset();
            if (!last_sentence.empty()) stream->log().info("The camera is back");
            last_sentence.clear();
        } else if (live && now - last_progress < kWatchPeriod) {
            // Pictures came a moment ago: a source of several ways may not know of it yet, and a
            // slate would take the pen from the one that has begun.
        } else if (source.waits_for_peer()) {
            last_progress = now;
            tell_waiting(source.waits_because(), live);
            live = false;
            if (!slate && options.slate) slate = Slate::make(stream);
            if (slate) next_look = std::min(next_look, slate->write_until(now));
        } else if (const auto stall = std::max(options.stall, source.stall());
                   now - last_progress >= stall) {
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(stall).count();
            if (live)
                co_return base::fail_because("stalled", ErrorKind::Unavailable,
                                             "connected, but nothing arrived for {} s", seconds);
            co_return base::fail_because("no-keyframe", ErrorKind::Unavailable,
                                         "connected, but no whole picture came in {} s", seconds);
        }
    }
}

async::Task<> Supervisor::State::wait_for_retry(const Error& error) {
    // A wrong password is not tried every second: cameras lock accounts.
    const bool needs_person =
        error.is(ErrorKind::Unauthenticated) || error.is(ErrorKind::PermissionDenied) ||
        error.is(ErrorKind::Unsupported) || error.is(ErrorKind::InvalidArgument);
    const auto wait = needs_person ? std::max(options.backoff.cap, backoff.next()) : backoff.next();
    const auto until = std::chrono::steady_clock::now() + wait;
    fail_with(error, stream->clock().wall_now() + wait);

    std::unique_ptr<Slate> slate = options.slate ? Slate::make(stream) : nullptr;
    retry_asked = false;
    while (!stopping && !retry_asked && wanted()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= until) break;
        const auto next = slate ? std::min(until, slate->write_until(now)) : until;
        if (!co_await changed.wait_until(next)) break;
    }
}

/// Each reason once: a wait is looked at twice a second.
void Supervisor::State::tell_waiting(std::optional<Error> why, bool was_live) {
    if (!why && was_live)
        why = Error(ErrorKind::Unavailable, "no-publisher", "the camera stopped publishing");
    if (why && (was_live || why->message() != last_sentence)) fail_with(*why, std::nullopt);
}

void Supervisor::State::fail_with(const Error& error, std::optional<base::WallTime> next_try) {
    if (error.message() != last_sentence) {
        last_sentence = error.message();
        stream->log().warn("The camera is not live: {}{}{}", error.message(),
                           error.reason().empty() ? "" : " reason=", error.reason());
    }
    stream->set_phase(Phase::Waiting, error, next_try);
}

}  // namespace casement::hub
