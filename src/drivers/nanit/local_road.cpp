#include "drivers/nanit/local_road.hpp"

#include <array>

#include "net/endpoint.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail_because;
using base::Result;
using base::Secret;

constexpr std::size_t kMaxMessageBytes = protocols::nanit::kMaxMessageBytes;
// A token that does not say how long it lives is fetched anew each day.
constexpr std::chrono::hours kAssumedUcLife{24};

}  // namespace

LocalRoad::LocalRoad(Account& account, Memory& memory, const base::Clock& clock, std::string serial,
                     Timing timing, base::Log log)
    : account_(account),
      memory_(memory),
      clock_(clock),
      serial_(std::move(serial)),
      timing_(timing),
      log_(std::move(log)) {}

std::string LocalRoad::address() const {
    return configured_.empty() ? memory_.of(serial_).address : configured_;
}

bool LocalRoad::has_address() const { return !address().empty(); }

std::string LocalRoad::host() const {
    const auto url = base::Url::parse("wss://" + address());
    boost::system::error_code ec;
    if (!url || (net::ip::make_address(url->host, ec), ec)) return {};
    return url->host;
}

Task<bool> LocalRoad::learn(std::string ip) {
    boost::system::error_code ec;
    const auto address = net::ip::make_address(ip, ec);
    if (ec || !net::is_in_house(address)) co_return false;
    const std::string text = net::to_text(net::ip::tcp::endpoint(address, kLocalPort));
    Remembered camera = memory_.of(serial_);
    if (camera.address == text) co_return false;
    camera.address = text;
    co_await memory_.put(serial_, std::move(camera));
    co_return true;
}

Task<> LocalRoad::trust_again() {
    Remembered camera = memory_.of(serial_);
    camera.fingerprint.clear();
    co_await memory_.put(serial_, std::move(camera));
}

/// The address as a literal, so that what was looked at is what is connected to.
Task<Result<base::Url>> LocalRoad::house_address(Deadline deadline) {
    CASEMENT_CO_TRY(base::Url url, base::Url::parse("wss://" + address()));
    if (url.port == 0) url.port = kLocalPort;
    CASEMENT_CO_TRY(const auto endpoints, co_await net::resolve(url.host, url.port, {}, deadline));
    for (const auto& endpoint : endpoints) {
        if (!net::is_in_house(endpoint.address()))
            co_return fail_because("not-at-home", ErrorKind::FailedPrecondition,
                                   "{} is no address of this house: the camera's own socket is "
                                   "not asked there",
                                   url.host);
    }
    if (endpoints.empty())
        co_return fail_because("no-route", ErrorKind::Unavailable, "{} has no address", url.host);
    url.host = net::to_text(endpoints.front().address());
    co_return url;
}

/// Without a word of ours.
Task<Result<std::string>> LocalRoad::fingerprint_at(base::Url where, Deadline deadline) {
    net::ConnectOptions options;
    options.tls.emplace().verify = false;
    CASEMENT_CO_TRY(const auto stream,
                    co_await net::connect(where.host, where.port, std::move(options), deadline));
    std::string fingerprint = stream->peer_certificate_sha256();
    stream->close();
    if (fingerprint.empty())
        co_return fail_because("certificate", ErrorKind::PermissionDenied,
                               "the camera shows no certificate");
    co_return fingerprint;
}

Task<LocalRoad::Opened> LocalRoad::open_with(Secret token, base::Url where, std::string fingerprint,
                                             Deadline deadline) {
    net::WebSocketTarget target;
    target.url = fmt::format("wss://{}/", where.authority());
    target.headers.add("Authorization", authorization(Family::LocalCamera, token));
    target.connect.tls.emplace().pinned_sha256 = std::move(fingerprint);
    target.options.max_message_bytes = kMaxMessageBytes;
    // Whether the camera answers pings nobody has told; its answers to our polls are enough.
    target.options.ping_every = std::chrono::seconds(0);
    co_return co_await net::connect_websocket(std::move(target), deadline);
}

/// A new one where there is none that is good, else what is known: it lives longer than the cloud
/// may be away.
Task<Result<Secret>> LocalRoad::uc_token(Deadline deadline) {
    const Remembered known = memory_.of(serial_);
    if (!known.uc_token.empty() && clock_.wall_now() < known.uc_expires) co_return known.uc_token;
    const auto question = [this, deadline](Secret token) {
        return account_.api().uc_token(std::move(token), serial_, deadline);
    };
    auto fresh = co_await account_.ask<Secret>(question, deadline);
    if (!fresh) {
        if (!known.uc_token.empty()) co_return known.uc_token;
        co_return fresh;
    }
    base::mask_in_logs(fresh->reveal());
    Remembered camera = memory_.of(serial_);
    camera.uc_token = *fresh;
    camera.uc_expires = expiry_of(*fresh).value_or(clock_.wall_now() + kAssumedUcLife);
    co_await memory_.put(serial_, std::move(camera));
    co_return fresh;
}

Task<LocalRoad::Opened> LocalRoad::open(Deadline deadline) {
    CASEMENT_CO_TRY(const base::Url where, co_await house_address(deadline));
    std::string fingerprint = memory_.of(serial_).fingerprint;
    const bool is_first = fingerprint.empty();
    if (is_first) {
        CASEMENT_CO_TRY(
            fingerprint,
            co_await fingerprint_at(where, Deadline::in(timing_.open_local).sooner_of(deadline)));
    }
    // Which of the two a firmware takes is not certain: the one that worked goes first.
    std::array<bool, 2> order{false, true};
    if (memory_.of(serial_).takes_access_token) order = {true, false};
    std::optional<base::Error> refusal;
    for (const bool is_access : order) {
        const auto token =
            is_access ? co_await account_.access_token(deadline) : co_await uc_token(deadline);
        if (!token) {
            if (!refusal) refusal = token.error();
            continue;
        }
        auto opened = co_await open_with(*token, where, fingerprint,
                                         Deadline::in(timing_.open_local).sooner_of(deadline));
        if (opened) {
            Remembered camera = memory_.of(serial_);
            camera.takes_access_token = is_access;
            camera.fingerprint = fingerprint;
            if (is_first) log_.info("Its certificate is known from now on: {}", fingerprint);
            co_await memory_.put(serial_, std::move(camera));
            co_return opened;
        }
        const base::Error& error = opened.error();
        if (error.is(ErrorKind::PermissionDenied) && error.reason() == "certificate") {
            co_return fail_because(
                "certificate", ErrorKind::PermissionDenied,
                "what answers at {} shows another certificate than this camera did before",
                where.authority());
        }
        if (error.is(ErrorKind::PermissionDenied))
            co_return fail_because("slots-full", ErrorKind::ResourceExhausted,
                                   "all places of the camera are taken, perhaps by phones");
        if (!error.is(ErrorKind::Unauthenticated)) co_return opened;
        refusal = error;
        if (is_access) continue;
        // Another one next time.
        Remembered camera = memory_.of(serial_);
        camera.uc_expires = {};
        co_await memory_.put(serial_, std::move(camera));
    }
    co_return std::unexpected(*refusal);
}

}  // namespace casement::drivers::nanit
