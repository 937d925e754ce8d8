#include "sources/nexustalk/nexustalk_source.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "camera/back_channel.hpp"
#include "net/endpoint.hpp"

namespace casement::sources::nexustalk {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using Why = Conversation::End::Why;

namespace {

constexpr std::uint16_t kTlsPort = 1443;
constexpr std::uint16_t kWebSocketPort = 443;
constexpr int kMostRedirects = 5;
constexpr std::chrono::seconds kConnectTime{10};
constexpr std::chrono::seconds kProofTime{30};
constexpr std::chrono::seconds kGoodbyeTime{1};
// A server that ends each session at once is not asked for new passes in a row.
constexpr std::chrono::milliseconds kWorthIt{500};

Result<base::Url> host_and_port(std::string_view said) {
    auto url = base::Url::parse(fmt::format("https://{}", said));
    if (!url || url->host.empty() || !url->path.empty() || !url->query.empty() ||
        url->has_credentials())
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is no host of a stream",
                          said.substr(0, 80));
    return url;
}

}  // namespace

NexustalkSource::NexustalkSource(camera::PullNexustalk way, Surroundings surroundings)
    : way_(std::move(way)),
      surroundings_(std::move(surroundings)),
      // Not 0, which is not sent; small, as all clients have it.
      session_id_(static_cast<std::int32_t>(base::random_u32() % 1'000'000 + 1)) {}

NexustalkSource::~NexustalkSource() = default;

std::string NexustalkSource::description() const {
    return fmt::format("nexustalk://{}", where_.empty() ? way_.host : where_);
}

Task<Result<>> NexustalkSource::run(hub::StreamWriter& writer) {
    if (way_.profiles.empty())
        co_return base::fail(ErrorKind::InvalidArgument, "no kind of picture is asked for");
    CASEMENT_CO_TRY(auto pass, co_await way_.proof(false, Deadline::in(kProofTime)));
    for (bool is_new = false;;) {
        CASEMENT_CO_TRY(const Refusal refusal, co_await converse(writer, pass));
        // A server may end a session with the pass that opened it, and like the newer one.
        if (refusal.is_of_older) {
            is_new = false;
            continue;
        }
        if (is_new && !refusal.has_played)
            co_return base::fail_because("account-refused", ErrorKind::Unauthenticated,
                                         "the vendor refuses its stream to a new sign-in too");
        CASEMENT_CO_TRY(pass, co_await way_.proof(true, Deadline::in(kProofTime)));
        is_new = true;
    }
}

/// Until the pass is not taken, or no longer.
Task<Result<NexustalkSource::Refusal>> NexustalkSource::converse(
    hub::StreamWriter& writer, camera::PullNexustalk::Pass& pass) {
    const async::Executor executor = co_await asio::this_coro::executor;
    CASEMENT_CO_TRY(Hop hop, first_hop());
    for (int redirects = 0;; ++redirects) {
        CASEMENT_CO_TRY(auto link, co_await connect(hop));
        where_ = fmt::format("{}:{}", hop.host, hop.port);
        pen_ = writer.hand_over();
        conversation_ =
            std::make_shared<Conversation>(executor,
                                           Conversation::Parts{.way = way_,
                                                               .pass = pass,
                                                               .clock = surroundings_.clock,
                                                               .writer = *pen_,
                                                               .session_id = session_id_},
                                           std::move(link));
        session_id_ += static_cast<std::int32_t>(way_.profiles.size()) + 1;
        open_back_channel(executor);
        const auto end = co_await conversation_->run();
        pass = conversation_->pass();
        const bool has_played =
            conversation_->has_played() &&
            surroundings_.clock.steady_now() - conversation_->opened_at() >= kWorthIt;
        if (way_.back_channel) way_.back_channel->shut();
        if (end.why == Why::NotReached && way_.not_reached) way_.not_reached();
        if (end.error) co_return std::unexpected(*end.error);
        co_await conversation_->say_goodbye(Deadline::in(kGoodbyeTime));
        if (end.why == Why::Refused)
            co_return Refusal{.has_played = has_played,
                              .is_of_older = conversation_->has_outlived_its_first()};
        if (has_played) redirects = 0;
        if (redirects >= kMostRedirects)
            co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                         "the vendor's servers send the stream to each other");
        CASEMENT_CO_TRY(hop, next_hop(hop, end.host));
    }
}

Result<NexustalkSource::Hop> NexustalkSource::first_hop() const {
    CASEMENT_TRY(const base::Url url, host_and_port(way_.host));
    const std::uint16_t usual = way_.is_websocket ? kWebSocketPort : kTlsPort;
    return Hop{.host = url.host, .port = url.port == 0 ? usual : url.port};
}

/// Where the server names no port, a WebSocket's is that of this connection, or else the usual one.
Result<NexustalkSource::Hop> NexustalkSource::next_hop(const Hop& from,
                                                       const std::string& said) const {
    if (!way_.follow)
        return base::fail_because("vendor-down", ErrorKind::PermissionDenied,
                                  "the vendor sends the stream to another host");
    CASEMENT_TRY(const base::Url named, host_and_port(said));
    CASEMENT_TRY(const base::Url to, way_.follow(said, way_.is_websocket ? from.port : kTlsPort));
    return Hop{
        .host = to.host, .port = to.port, .is_port_guessed = way_.is_websocket && named.port == 0};
}

Task<Result<std::unique_ptr<Link>>> NexustalkSource::connect(Hop& hop) {
    LinkTarget target{.host = hop.host, .port = hop.port, .is_websocket = way_.is_websocket};
    target.connect.resolve = way_.connection.resolve;
    target.connect.bind_address = way_.connection.bind_address;
    // A pass goes to nobody who does not prove a name.
    if (!way_.without_tls)
        target.connect.tls = net::TlsOptions{.ca_file = way_.connection.ca_file};
    else if (!net::is_loopback(hop.host))
        co_return base::fail(ErrorKind::PermissionDenied, "no pass goes to {} without TLS",
                             hop.host);
    auto link = co_await open_link(target, Deadline::in(kConnectTime));
    if (link || !hop.is_port_guessed || hop.port == kWebSocketPort) co_return link;
    hop.port = target.port = kWebSocketPort;
    co_return co_await open_link(target, Deadline::in(kConnectTime));
}

void NexustalkSource::open_back_channel(const async::Executor& executor) {
    if (!way_.back_channel) return;
    way_.back_channel->open(executor,
                            [weak = std::weak_ptr(conversation_)](std::vector<std::uint8_t> speex) {
                                const auto conversation = weak.lock();
                                return conversation && conversation->talk(std::move(speex));
                            });
}

Task<> NexustalkSource::close(Deadline deadline) {
    if (way_.back_channel) way_.back_channel->shut();
    if (conversation_)
        co_await conversation_->say_goodbye(deadline.sooner_of(Deadline::in(kGoodbyeTime)));
    conversation_.reset();
}

}  // namespace casement::sources::nexustalk
