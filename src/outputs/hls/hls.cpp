#include "outputs/hls/hls.hpp"

#include <atomic>
#include <map>
#include <variant>

#include <boost/asio/post.hpp>

#include "base/text.hpp"
#include "outputs/hls/playlist_log.hpp"

namespace casement::outputs::hls {

namespace {

using async::Task;
using base::ErrorKind;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kIdleTime = 30s;      // without a request, then the muxer ends
constexpr auto kFirstSegment = 20s;  // start of the camera and one GOP
constexpr auto kLookEvery = 100ms;   // for the first segment; players wait seconds anyway
constexpr std::size_t kMaxChannels = 256;

/// The query for repetition in addresses: nothing when it holds characters that could break out of
/// a quoted attribute.
std::string suffix_of(const std::string& query) {
    const bool plain =
        query.find_first_not_of(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%=&+") ==
        std::string::npos;
    return query.empty() || !plain ? std::string() : "?" + query;
}

}  // namespace

struct Hls::Channel {
    Channel(std::shared_ptr<hub::Stream> s, std::string r)
        : stream(std::move(s)), remote(std::move(r)), used_at(Clock::now()) {}
    const std::shared_ptr<hub::Stream> stream;
    const std::string remote;
    PlaylistLog log;
    std::atomic<Clock::time_point> used_at;
    base::Mutex mutex;
    std::optional<base::Error> error
        CASEMENT_GUARDED_BY(mutex);  // why it ended, or has no pictures
};

struct Hls::State {
    State(async::Executor e, fanout::FanOut& f, base::Log l)
        : executor(std::move(e)), fan_out(f), log(std::move(l)), tasks(executor, log) {}
    const async::Executor executor;
    fanout::FanOut& fan_out;
    const base::Log log;
    base::Mutex mutex;
    std::map<std::string, std::shared_ptr<Channel>> channels CASEMENT_GUARDED_BY(mutex);
    async::TaskGroup tasks;  // touched on `executor` only
};

Hls::Hls(async::Executor executor, fanout::FanOut& fan_out, base::Log log)
    : state_(std::make_shared<State>(std::move(executor), fan_out, std::move(log))) {}
Hls::~Hls() = default;

Task<> Hls::stop() { co_await state_->tasks.stop(); }

std::shared_ptr<Hls::Channel> Hls::find(const std::string& stream) const {
    const base::MutexLock lock(state_->mutex);
    const auto found = state_->channels.find(stream);
    if (found == state_->channels.end()) return nullptr;
    found->second->used_at = Clock::now();
    return found->second;
}

std::shared_ptr<Hls::Channel> Hls::find_or_start(std::shared_ptr<hub::Stream> stream,
                                                 const net::Request& request) {
    std::shared_ptr<Channel> channel;
    {
        const base::MutexLock lock(state_->mutex);
        const auto found = state_->channels.find(stream->name());
        // A stream that was removed and added again is another stream.
        if (found != state_->channels.end() && found->second->stream == stream) {
            found->second->used_at = Clock::now();
            return found->second;
        }
        if (found == state_->channels.end() && state_->channels.size() >= kMaxChannels)
            return nullptr;
        channel = std::make_shared<Channel>(stream, request.remote_address);
        state_->channels[stream->name()] = channel;
    }
    asio::post(state_->executor, [state = state_, channel] {
        state->tasks.spawn("hls muxer", [state, channel] { return run_channel(state, channel); });
    });
    return channel;
}

Task<> Hls::run_channel(std::shared_ptr<State> state, std::shared_ptr<Channel> channel) {
    // Leaves the list however the muxer ends, also when it is cancelled.
    struct Leave {
        std::shared_ptr<State> state;
        std::shared_ptr<Channel> channel;
        ~Leave() {
            const base::MutexLock lock(state->mutex);
            const auto found = state->channels.find(channel->stream->name());
            if (found != state->channels.end() && found->second == channel)
                state->channels.erase(found);
        }
    } leave{state, channel};
    const auto ended = co_await pump(state->fan_out, channel);
    if (ended) co_return;
    const base::MutexLock lock(channel->mutex);
    channel->error = ended.error();
}

Task<base::Result<>> Hls::pump(fanout::FanOut& fan_out, std::shared_ptr<Channel> channel) {
    const auto codecs = mse::CodecList::parse("avc1,hvc1,mp4a");  // what Apple's players take
    mse::PieceViewer viewer(fan_out, channel->stream, co_await asio::this_coro::executor, codecs,
                            "hls", channel->remote);
    while (true) {
        const auto idle_at = channel->used_at.load() + kIdleTime;
        if (Clock::now() >= idle_at) co_return base::Result<>{};
        CASEMENT_CO_TRY(const auto item, co_await viewer.next(idle_at));
        if (!item) continue;
        if (const auto* piece = std::get_if<mse::LivePiece>(&*item)) {
            channel->log.add(*piece);
        } else if (const auto* setup = std::get_if<fanout::WireSetupPtr>(&*item)) {
            channel->log.set_init((*setup)->init);
        } else if (const auto* refused = std::get_if<mse::PiecesRefused>(&*item)) {
            // Parameters that are still to come are no failure; a codec that HLS does not carry is.
            if (!refused->why.is(ErrorKind::Unavailable)) co_return std::unexpected(refused->why);
        }
    }
}

Task<base::Result<net::Response>> Hls::playlist(std::shared_ptr<hub::Stream> stream,
                                                net::Request request) {
    const auto channel = find_or_start(stream, request);
    if (!channel)
        co_return base::fail(ErrorKind::ResourceExhausted, "HLS: more than {} streams are watched",
                             kMaxChannels);
    const auto deadline = async::Deadline::in(kFirstSegment);
    const std::string suffix = suffix_of(request.query);
    while (true) {
        channel->used_at = Clock::now();
        if (auto text = channel->log.playlist(suffix)) {
            net::Response response =
                net::Response::text(200, std::move(*text), "application/vnd.apple.mpegurl");
            response.headers.set("Cache-Control", "no-store");
            co_return response;
        }
        {
            const base::MutexLock lock(channel->mutex);
            if (channel->error) co_return std::unexpected(*channel->error);
        }
        if (const auto status = stream->status();
            status.error && status.phase == hub::Phase::Waiting)
            co_return std::unexpected(*status.error);
        if (deadline.passed())
            co_return base::fail(ErrorKind::DeadlineExceeded,
                                 "HLS: camera \"{}\" has sent no key frames in the time allowed",
                                 stream->name());
        CASEMENT_CO_TRY(co_await async::sleep_for(kLookEvery));
    }
}

base::Result<net::Response> Hls::init(const std::string& stream,
                                      const net::Request& request) const {
    const auto channel = find(stream);
    const auto version = base::parse_number<std::uint32_t>(request.query_value("v").value_or("0"));
    auto bytes = channel && version ? channel->log.init(*version) : std::nullopt;
    if (!bytes)
        return base::fail(ErrorKind::NotFound,
                          "HLS: no such init segment; ask for the playlist first");
    return net::Response::bytes("video/mp4", std::move(*bytes))
        .with("Cache-Control", "private, max-age=60");
}

base::Result<net::Response> Hls::segment(const std::string& stream, std::string_view file) const {
    const auto channel = find(stream);
    std::optional<std::uint64_t> number;
    if (file.ends_with(".m4s"))
        number = base::parse_number<std::uint64_t>(file.substr(0, file.size() - 4));
    auto bytes = channel && number ? channel->log.segment(*number) : std::nullopt;
    if (!bytes) return base::fail(ErrorKind::NotFound, "HLS: segment {} is gone", file);
    return net::Response::bytes("video/mp4", std::move(*bytes))
        .with("Cache-Control", "private, max-age=60");
}

}  // namespace casement::outputs::hls
