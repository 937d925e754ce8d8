#include "drivers/nanit/cloud_road.hpp"

#include "net/endpoint.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Secret;

Task<CloudRoad::Opened> CloudRoad::open_with(Secret token, Deadline deadline) {
    CASEMENT_CO_TRY(const base::Url base, base::Url::parse(options_.base));
    const bool is_tls = base.scheme == "wss" || base.scheme == "https";
    if (!is_tls && !net::is_loopback(base.host) && base.host != "localhost")
        co_return base::fail(ErrorKind::InvalidArgument,
                             "{} is no address of a relay: it begins with wss://",
                             base.without_credentials());
    net::WebSocketTarget target;
    target.url = fmt::format("{}/focus/cameras/{}/user_connect", options_.base,
                             base::percent_encoded(serial_));
    target.headers.add("Authorization", authorization(Family::Focus, token));
    used_ = std::move(token);
    target.connect = options_.connect;
    target.options.max_message_bytes = protocols::nanit::kMaxMessageBytes;
    co_return co_await net::connect_websocket(std::move(target), deadline);
}

Task<CloudRoad::Opened> CloudRoad::open(Deadline deadline) {
    deadline = deadline.sooner_of(Deadline::in(timing_.open_relay));
    CASEMENT_CO_TRY(Secret token, co_await account_.access_token(deadline));
    auto opened = co_await open_with(token, deadline);
    // The relay says 403 as well to a token that it does not like.
    const auto is_refusal = [](const Opened& answer) {
        return !answer && (answer.error().is(ErrorKind::Unauthenticated) ||
                           (answer.error().is(ErrorKind::PermissionDenied) &&
                            answer.error().reason() != "certificate"));
    };
    if (!is_refusal(opened)) co_return opened;
    CASEMENT_CO_TRY(token, co_await account_.token_after(std::move(token), deadline));
    opened = co_await open_with(std::move(token), deadline);
    if (!is_refusal(opened)) co_return opened;
    co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                 "Nanit's relay refuses the token that it has just given");
}

Task<bool> CloudRoad::is_outdated(Deadline deadline) {
    const auto token = co_await account_.access_token(deadline);
    co_return token && *token != used_;
}

}  // namespace casement::drivers::nanit
