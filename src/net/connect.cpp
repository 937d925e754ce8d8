#include "net/connect.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/text.hpp"

namespace casement::net {

namespace {

using async::as_value;
using base::ErrorKind;
using Endpoints = std::vector<ip::tcp::endpoint>;

// RFC 8305 §5 starts the next address 250 ms later; we try one after another, so that one dead
// address may cost this much of the deadline.
constexpr auto kPerAddress = std::chrono::seconds(5);

Task<Result<Endpoints>> ask_resolver(std::string host, std::uint16_t port) {
    ip::tcp::resolver resolver(co_await boost::asio::this_coro::executor);
    const auto [ec, results] = co_await resolver.async_resolve(
        host, std::to_string(port), ip::tcp::resolver::numeric_service, as_value);
    if (ec == boost::asio::error::operation_aborted)
        co_return std::unexpected(async::to_error(ec, host));
    if (ec)
        co_return base::fail_because("no-route", ErrorKind::Unavailable,
                                     "the name \"{}\" is unknown: {}", host, ec.message());
    Endpoints out;
    for (const auto& entry : results) out.push_back(entry.endpoint());
    co_return out;
}

Task<Result<std::unique_ptr<PlainStream>>> connect_to(ip::tcp::endpoint to,
                                                      std::string bind_address) {
    ip::tcp::socket socket(co_await boost::asio::this_coro::executor);
    boost::system::error_code ec;
    socket.open(to.protocol(), ec);
    if (ec) co_return std::unexpected(async::to_error(ec, "socket"));
    if (!bind_address.empty()) {
        const ip::address from = ip::make_address(bind_address, ec);
        if (!ec) socket.bind({from, 0}, ec);
        if (ec)
            co_return base::fail(ErrorKind::FailedPrecondition, "cannot leave from {}: {}",
                                 bind_address, ec.message());
    }
    const auto [failed] = co_await socket.async_connect(to, as_value);
    if (failed) co_return std::unexpected(async::to_error(failed, to_text(to)));
    co_return std::make_unique<PlainStream>(std::move(socket));
}

base::Error unreachable(const base::Error& error, std::string_view host, std::uint16_t port) {
    if (error.is(ErrorKind::DeadlineExceeded)) {
        return {ErrorKind::DeadlineExceeded, "no-route",
                fmt::format("{}:{} does not answer on the network", host, port)};
    }
    // The copy deck's sentences: a person reads them under a black picture.
    if (error.reason() == "refused")
        return {error.kind(), error.reason(), fmt::format("It answers, but not on port {}.", port)};
    return error.within(fmt::format("connect to {}:{}", host, port));
}

Task<Result<std::unique_ptr<PlainStream>>> try_all(Endpoints endpoints, std::string bind_address,
                                                   Deadline deadline) {
    std::optional<base::Error> last;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const bool is_last = i + 1 == endpoints.size();
        const Deadline here = is_last ? deadline : deadline.sooner_of(Deadline::in(kPerAddress));
        auto stream = co_await async::with_deadline(here, to_text(endpoints[i]),
                                                    connect_to(endpoints[i], bind_address));
        if (stream) co_return std::move(*stream);
        if (stream.error().is(ErrorKind::Cancelled)) co_return std::unexpected(stream.error());
        // "refused" tells more than "no answer": the host is there.
        if (!last || last->reason() != "refused") last = stream.error();
        if (deadline.passed()) break;
    }
    co_return std::unexpected(
        last.value_or(base::Error(ErrorKind::Unavailable, "no-route", "there is no address")));
}

}  // namespace

Task<Result<Endpoints>> resolve(std::string host, std::uint16_t port, ResolveMap overrides,
                                Deadline deadline) {
    const auto found = overrides.find(fmt::format("{}:{}", base::lower_case(host), port));
    if (found != overrides.end()) {
        CASEMENT_CO_TRY(const ip::tcp::endpoint endpoint, parse_endpoint(found->second));
        co_return Endpoints{endpoint};
    }
    boost::system::error_code not_an_address;
    const ip::address address = ip::make_address(host, not_an_address);
    if (!not_an_address) co_return Endpoints{{address, port}};
    co_return co_await async::with_deadline(deadline, host, ask_resolver(host, port));
}

Task<Result<std::unique_ptr<Stream>>> connect(std::string host, std::uint16_t port,
                                              ConnectOptions options, Deadline deadline) {
    auto endpoints = co_await resolve(host, port, options.resolve, deadline);
    if (!endpoints) co_return std::unexpected(unreachable(endpoints.error(), host, port));
    auto plain = co_await try_all(std::move(*endpoints), options.bind_address, deadline);
    if (!plain) co_return std::unexpected(unreachable(plain.error(), host, port));
    if (!options.tls && !options.tls_context) co_return std::move(*plain);

    std::shared_ptr<TlsClientContext> context = options.tls_context;
    if (!context || (options.tls && !(*options.tls == context->options()))) {
        CASEMENT_CO_TRY(context, TlsClientContext::make(options.tls.value_or(TlsOptions{})));
    }
    co_return co_await tls_connect(std::move(*plain), std::move(context), std::move(host),
                                   deadline);
}

}  // namespace casement::net
