#include "sources/nexustalk/conversation.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/deadline.hpp"
#include "base/random.hpp"

namespace casement::sources::nexustalk {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using base::Result;
using namespace asio::experimental::awaitable_operators;
using namespace protocols::nest;
using End = Conversation::End;

namespace {

constexpr std::chrono::milliseconds kLookEvery{250};
// For a newer pass: a tenth of what the pass has left, within these.
constexpr std::chrono::milliseconds kRenewSoonest{250};
constexpr std::chrono::seconds kRenewLatest{60};
constexpr std::chrono::seconds kProofTime{10};
// By how much a server's clock may be before ours.
constexpr std::chrono::seconds kMostEarly{5};
// A client that sends more than a minute's talk at once is none.
constexpr std::size_t kMaxUnsentBytes = std::size_t{256} << 10;

AuthorizeRequest request_of(const camera::PullNexustalk::Pass& pass) {
    AuthorizeRequest out;
    (pass.is_google ? out.olive_token : out.session_token) = pass.token;
    return out;
}

ClientOptions options_of(const Conversation::Parts& parts) {
    ClientOptions out;
    out.camera = parts.way.camera;
    out.pass = request_of(parts.pass);
    out.client_type = parts.way.is_websocket ? ClientType::Web : ClientType::Ios;
    out.device_id = base::random_hex(16);
    out.user_agent = "Casement";
    for (const int profile : parts.way.profiles)
        out.pictures.push_back(static_cast<Profile>(profile));
    out.audio = parts.way.audio;
    out.session_id = parts.session_id;
    return out;
}

End failed(Error why) { return {.why = End::Why::Failed, .error = std::move(why)}; }

End unreachable() {
    return {
        .why = End::Why::NotReached,
        .error = Error(ErrorKind::Unavailable, "no-route", "the vendor cannot reach the camera")};
}

End end_of(EndReason reason) {
    switch (reason) {
        case EndReason::CameraUnreachable:
            return unreachable();
        case EndReason::ProfileNotAvailable:
        case EndReason::TranscodeNotAvailable:
            return failed({ErrorKind::Unavailable, "codec",
                           "the vendor has none of the asked kinds of picture"});
        default:
            return failed(
                {ErrorKind::Unavailable,
                 fmt::format("the vendor ended the stream, reason {}", static_cast<int>(reason))});
    }
}

End end_of(const Refused& refused) {
    switch (refused.code) {
        case ErrorCode::AuthorizationFailed:
            return {.why = End::Why::Refused};
        case ErrorCode::CameraNotConnected:
            return unreachable();
        default:
            return failed({ErrorKind::Unavailable, "vendor-down",
                           fmt::format("nexustalk error {}", static_cast<int>(refused.code))});
    }
}

}  // namespace

Conversation::Conversation(const async::Executor& executor, Parts parts, std::unique_ptr<Link> link)
    : parts_(std::move(parts)),
      link_(std::move(link)),
      session_(options_of(parts_)),
      opened_at_(parts_.clock.steady_now()),
      ping_at_(opened_at_ + parts_.way.ping_every),
      look_at_(opened_at_ + kRenewSoonest),
      to_send_(executor) {
    flush_output();
}

Task<End> Conversation::run() {
    auto ended = co_await (listen() || send() || watch());
    auto& end = std::visit([](auto& e) -> Result<End>& { return e; }, ended);
    if (media_) {
        media_->finish();
        publish();
    }
    co_return end ? std::move(*end) : failed(end.error());
}

Task<Result<End>> Conversation::listen() {
    for (;;) {
        CASEMENT_CO_TRY(const base::ByteSpan bytes, co_await link_->read());
        CASEMENT_CO_TRY(session_.push(bytes));
        for (;;) {
            CASEMENT_CO_TRY(auto event, session_.next());
            flush_output();
            if (!event) break;
            if (auto end = take(std::move(*event))) co_return std::move(*end);
        }
    }
}

std::optional<End> Conversation::take(ClientEvent event) {
    if (auto* const frame = std::get_if<Frame>(&event)) {
        last_frame_ = parts_.clock.steady_now();
        if (media_) {
            media_->push(*frame, {last_frame_, parts_.clock.wall_now()});
            publish();
        }
        return std::nullopt;
    }
    if (auto* const redirected = std::get_if<Redirected>(&event))
        return End{.why = End::Why::Redirected, .host = std::move(redirected->host)};
    if (const auto* const playing = std::get_if<Playing>(&event)) {
        if (auto begun = begin(playing->channels); !begun) return failed(begun.error());
        return std::nullopt;
    }
    if (const auto* const ended = std::get_if<Ended>(&event)) return end_of(ended->reason);
    if (const auto* const refused = std::get_if<Refused>(&event)) return end_of(*refused);
    return std::nullopt;
}

Result<> Conversation::begin(const std::vector<Channel>& channels) {
    CASEMENT_TRY(auto media, PlaybackMedia::begin(channels));
    media_.emplace(std::move(media));
    version_ = 0;
    last_frame_ = parts_.clock.steady_now();
    return {};
}

void Conversation::publish() {
    while (auto unit = media_->next()) {
        if (std::exchange(version_, media_->version()) != media_->version())
            parts_.writer.set_tracks(media_->tracks());
        has_played_ = true;
        parts_.writer.publish(std::move(*unit));
    }
    if (const auto lost = media_->take_lost()) parts_.writer.count_lost(lost);
}

void Conversation::flush_output() {
    const auto output = session_.take_output();
    if (output.empty()) return;
    unsent_.insert(unsent_.end(), output.begin(), output.end());
    to_send_.ring();
}

Task<Result<End>> Conversation::send() {
    for (;;) {
        CASEMENT_CO_TRY(co_await to_send_.wait());
        if (unsent_.empty()) continue;
        CASEMENT_CO_TRY(co_await link_->write(std::exchange(unsent_, {})));
    }
}

/// Silence, pings, and newer passes.
Task<Result<End>> Conversation::watch() {
    for (;;) {
        CASEMENT_CO_TRY(co_await async::sleep_for(kLookEvery));
        const auto now = parts_.clock.steady_now();
        if (media_ && now - last_frame_ >= parts_.way.stall)
            co_return base::fail_because("stalled", ErrorKind::DeadlineExceeded,
                                         "connected, but no frame came for {} ms",
                                         parts_.way.stall.count());
        if (!media_ && now - opened_at_ >= parts_.way.open_within)
            co_return base::fail_because("no-keyframe", ErrorKind::DeadlineExceeded,
                                         "connected, but no playback began in {} ms",
                                         parts_.way.open_within.count());
        if (now >= ping_at_) {
            ping_at_ = now + parts_.way.ping_every;
            session_.ping();
            flush_output();
        }
        if (now >= look_at_) {
            CASEMENT_CO_TRY(co_await renew());
        }
    }
}

/// The server ends the session with its pass, unless it is shown a newer one before.
Task<Result<>> Conversation::renew() {
    look_at_ = parts_.clock.steady_now() + kRenewLatest;
    if (!parts_.pass.expires_at) co_return Result<>{};
    // In seconds no end is so far that it overflows.
    const auto left = std::chrono::floor<std::chrono::seconds>(*parts_.pass.expires_at) -
                      std::chrono::floor<std::chrono::seconds>(parts_.clock.wall_now());
    const std::chrono::milliseconds wait =
        std::clamp<std::chrono::seconds>(left, std::chrono::seconds{0}, 10 * kRenewLatest);
    look_at_ = parts_.clock.steady_now() +
               std::clamp<std::chrono::milliseconds>(wait / 10, kRenewSoonest, kRenewLatest);
    auto pass = co_await parts_.way.proof(false, Deadline::in(kProofTime));
    // Trouble with the vendor is no reason to end a stream that goes on.
    if (!pass && pass.error().is(ErrorKind::Cancelled)) co_return std::unexpected(pass.error());
    if (!pass || pass->token == parts_.pass.token) co_return Result<>{};
    if (!first_ends_) first_ends_ = parts_.pass.expires_at;
    parts_.pass = std::move(*pass);
    session_.authorize(request_of(parts_.pass));
    flush_output();
    co_return Result<>{};
}

bool Conversation::has_outlived_its_first() const {
    return first_ends_ && parts_.clock.wall_now() >= *first_ends_ - kMostEarly;
}

bool Conversation::talk(std::vector<std::uint8_t> speex) {
    if (!session_.is_playing() || unsent_.size() > kMaxUnsentBytes) return false;
    session_.talk(std::move(speex));
    flush_output();
    return true;
}

Task<> Conversation::say_goodbye(Deadline deadline) {
    session_.stop();
    const auto output = session_.take_output();
    if (!output.empty())
        (void)co_await async::with_deadline(deadline, "goodbye", link_->write(output));
    link_->close();
}

}  // namespace casement::sources::nexustalk
