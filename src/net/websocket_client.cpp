// The client's half of the upgrade (RFC 6455 §4.1).

#include <array>

#include "base/random.hpp"
#include "base/text.hpp"
#include "net/http_auth.hpp"
#include "net/http_client.hpp"
#include "net/http_parser.hpp"
#include "net/websocket.hpp"

namespace casement::net {

namespace {

using base::ErrorKind;

constexpr std::size_t kMaxRefusalBytes = 64 * 1024;

std::string upgrade_request(const base::Url& url, const WebSocketTarget& target,
                            const std::string& key) {
    std::string out = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Key: {}\r\n"
        "Sec-WebSocket-Version: 13\r\n",
        url.target(), url.authority(), key);
    if (!target.subprotocols.empty())
        out += fmt::format("Sec-WebSocket-Protocol: {}\r\n", fmt::join(target.subprotocols, ", "));
    if (url.has_credentials() && !target.headers.has("Authorization")) {
        out += fmt::format("Authorization: {}\r\n", basic_authorization({url.user, url.password}));
    }
    for (const auto& [name, value] : target.headers) {
        if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos)
            out += fmt::format("{}: {}\r\n", name, value);
    }
    return out + "\r\n";
}

base::Result<> check_upgrade(const HttpHead& head, const std::string& key,
                             const std::string& where) {
    if (head.status != 101)
        return std::unexpected(status_error(fmt::format("websocket {}", where), head.status));
    if (!head.headers.has_token("Upgrade", "websocket") ||
        head.headers.get("Sec-WebSocket-Accept") != ws_accept(key)) {
        return base::fail(ErrorKind::DataLoss, "websocket {}: the answer to the upgrade is not one",
                          where);
    }
    return {};
}

Task<Result<std::shared_ptr<WebSocket>>> upgrade(std::unique_ptr<Stream> stream, base::Url url,
                                                 WebSocketTarget target) {
    std::array<std::uint8_t, 16> nonce{};
    base::fill_random(nonce);
    const std::string key = base64(base::as_text(nonce));
    const std::string request = upgrade_request(url, target, key);
    CASEMENT_CO_TRY(co_await stream->write_all(base::as_bytes(request)));

    HttpParser parser(HttpParser::Kind::Response, {});
    std::vector<std::uint8_t> in;
    std::array<std::uint8_t, 4096> buffer;
    while (!parser.head_done()) {
        CASEMENT_CO_TRY(const std::size_t n, co_await stream->read_some(buffer));
        in.insert(in.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
        CASEMENT_CO_TRY(const std::size_t taken, parser.feed(in));
        in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(taken));
        if (in.size() > kMaxRefusalBytes)
            co_return base::fail(ErrorKind::DataLoss, "websocket {}: no end of the answer's head",
                                 url.without_credentials());
    }
    CASEMENT_CO_TRY(check_upgrade(parser.head(), key, url.without_credentials()));
    co_return WebSocket::over(std::move(stream), WsParser::Role::Client, target.options, in);
}

}  // namespace

Task<Result<std::shared_ptr<WebSocket>>> connect_websocket(WebSocketTarget target,
                                                           Deadline deadline) {
    CASEMENT_CO_TRY(const base::Url url, base::Url::parse(target.url));
    const bool is_tls = url.scheme == "wss" || url.scheme == "https";
    if (!is_tls && url.scheme != "ws" && url.scheme != "http") {
        co_return base::fail(ErrorKind::InvalidArgument, "{} is not a websocket address",
                             url.without_credentials());
    }
    ConnectOptions options = target.connect;
    if (!is_tls) {
        options.tls.reset();
        options.tls_context.reset();
    } else if (!options.tls && !options.tls_context) {
        options.tls.emplace();
    }
    CASEMENT_CO_TRY(
        std::unique_ptr<Stream> stream,
        co_await connect(url.host, url.port_or_default(), std::move(options), deadline));
    co_return co_await async::with_deadline(deadline, "websocket upgrade",
                                            upgrade(std::move(stream), url, std::move(target)));
}

}  // namespace casement::net
