#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/container/small_vector.hpp>

#include "base/text.hpp"
#include "net/endpoint.hpp"
#include "net/openssl.hpp"

namespace casement::net {

namespace ssl = boost::asio::ssl;
using async::as_value;
using base::ErrorKind;

struct TlsServerContext::Context {
    ssl::context ssl{ssl::context::tls_server};
    std::string fingerprint;
};

struct TlsClientContext::Context {
    ssl::context ssl{ssl::context::tls_client};
};

namespace {

constexpr auto kGoodbyePatience = std::chrono::seconds(2);

std::string hex_of(const std::array<std::uint8_t, 32>& digest) {
    std::string out;
    for (const std::uint8_t byte : digest) out += fmt::format("{:02x}", byte);
    return out;
}

std::string plain_hex(std::string_view fingerprint) {
    std::string out;
    for (const char c : fingerprint) {
        if (c != ':' && c != ' ') out += base::ascii_lower(c);
    }
    return out;
}

class TlsStream final : public Stream {
public:
    TlsStream(PlainStream::Released from, ssl::context& context, std::string remote,
              std::string local)
        : executor_(from.socket.get_executor()),
          ssl_(std::move(from.socket), context),
          remote_(std::move(remote)),
          local_(std::move(local)),
          permit_(std::move(from.permit)) {}

    using Stream::write_all;

    Task<Result<>> handshake(ssl::stream_base::handshake_type role) {
        const auto [ec] = co_await ssl_.async_handshake(role, as_value);
        ERR_clear_error();
        if (ec) co_return std::unexpected(async::to_error(ec, "tls handshake"));
        co_return Result<>{};
    }

    Task<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override {
        const auto [ec, n] =
            co_await ssl_.async_read_some(boost::asio::buffer(into.data(), into.size()), as_value);
        if (!ec) co_return n;
        ERR_clear_error();
        // A missing close_notify (stream_truncated) counts as an end too: most cameras and many
        // clouds never send one.
        ended_ = ec == boost::asio::error::eof || ec == ssl::error::stream_truncated;
        co_return std::unexpected(async::to_error(ec, "read"));
    }

    Task<Result<>> write_all(std::span<const iovec> parts) override {
        boost::container::small_vector<boost::asio::const_buffer, 8> buffers;
        for (const iovec& part : parts) buffers.emplace_back(part.iov_base, part.iov_len);
        const auto [ec, n] = co_await boost::asio::async_write(ssl_, buffers, as_value);
        if (!ec) co_return Result<>{};
        ERR_clear_error();
        co_return std::unexpected(async::to_error(ec, "write"));
    }

    void close() override {
        boost::system::error_code ignored;
        ssl_.lowest_layer().close(ignored);
    }

    // async_shutdown also waits for the other side's goodbye, which many never say.
    Task<Result<>> shut_down() override {
        (void)co_await async::with_deadline(Deadline::in(kGoodbyePatience), "tls goodbye",
                                            say_goodbye());
        boost::system::error_code ignored;
        ssl_.lowest_layer().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
        co_return Result<>{};
    }

    bool is_open() const override { return ssl_.lowest_layer().is_open(); }
    bool ended() const override { return ended_; }
    int native_handle() const override {
        return is_open() ? const_cast<Tls&>(ssl_).lowest_layer().native_handle() : -1;
    }
    const Executor& executor() const override { return executor_; }
    const std::string& remote_endpoint() const override { return remote_; }
    const std::string& local_endpoint() const override { return local_; }
    bool is_plain() const override { return false; }

    std::string peer_certificate_sha256() const override {
        const X509Ptr certificate(
            SSL_get1_peer_certificate(const_cast<Tls&>(ssl_).native_handle()));
        return certificate ? hex_of(sha256_of(certificate.get())) : std::string();
    }

    SSL* native() { return ssl_.native_handle(); }

private:
    using Tls = ssl::stream<boost::asio::ip::tcp::socket>;

    Task<Result<>> say_goodbye() {
        (void)co_await ssl_.async_shutdown(as_value);
        ERR_clear_error();
        co_return Result<>{};
    }

    Executor executor_;
    Tls ssl_;
    std::string remote_;
    std::string local_;
    std::shared_ptr<void> permit_;
    bool ended_ = false;
};

std::unique_ptr<TlsStream> wrap(PlainStream& plain, ssl::context& context) {
    std::string remote = plain.remote_endpoint();
    std::string local = plain.local_endpoint();
    return std::make_unique<TlsStream>(plain.release(), context, std::move(remote),
                                       std::move(local));
}

void set_floor(ssl::context& context) {
    // RFC 9325: nothing below TLS 1.2; no compression; no renegotiation started by the other side.
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.native_handle(),
                     SSL_MODE_RELEASE_BUFFERS);  // idle viewers keep no 34 kB each
}

Result<std::shared_ptr<TlsServerContext::Context>> make_server(const Certificate& certificate) {
    auto out = std::make_shared<TlsServerContext::Context>();
    CASEMENT_TRY(out->fingerprint, fingerprint_of(certificate.certificate_pem));
    set_floor(out->ssl);
    boost::system::error_code ec;
    out->ssl.use_certificate_chain(boost::asio::buffer(certificate.certificate_pem), ec);
    if (!ec)
        out->ssl.use_private_key(boost::asio::buffer(certificate.key_pem.reveal()),
                                 ssl::context::pem, ec);
    if (ec || SSL_CTX_check_private_key(out->ssl.native_handle()) != 1) {
        const std::string why = ec ? ec.message() : last_openssl_error();
        ERR_clear_error();
        return base::fail(ErrorKind::InvalidArgument,
                          "the certificate and its key do not work together: {}", why);
    }
    return out;
}

bool is_address(const std::string& host) {
    boost::system::error_code ec;
    (void)ip::make_address(host, ec);
    return !ec;
}

void expect_name(SSL* native, const std::string& name) {
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), name.c_str());
    } else {
        SSL_set1_host(native, name.c_str());
    }
}

base::Error not_who_it_should_be(std::string_view host, std::string_view why) {
    return {ErrorKind::PermissionDenied, "certificate",
            fmt::format("{} is not who it should be: {}", host, why)};
}

}  // namespace

TlsServerContext::~TlsServerContext() = default;

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::make(const Certificate& certificate) {
    std::shared_ptr<TlsServerContext> out(new TlsServerContext);
    CASEMENT_TRY(out->reload(certificate));
    return out;
}

Result<> TlsServerContext::reload(const Certificate& certificate) {
    CASEMENT_TRY(auto fresh, make_server(certificate));
    const base::MutexLock lock(mutex_);
    context_ = std::move(fresh);
    return {};
}

std::shared_ptr<TlsServerContext::Context> TlsServerContext::current() const {
    const base::MutexLock lock(mutex_);
    return context_;
}

std::string TlsServerContext::fingerprint() const { return current()->fingerprint; }

Task<Result<std::unique_ptr<Stream>>> tls_accept(std::unique_ptr<PlainStream> stream,
                                                 std::shared_ptr<TlsServerContext> context,
                                                 Deadline deadline) {
    const auto current = context->current();
    std::unique_ptr<TlsStream> tls = wrap(*stream, current->ssl);
    CASEMENT_CO_TRY(co_await async::with_deadline(deadline, "tls handshake",
                                                  tls->handshake(ssl::stream_base::server)));
    co_return std::move(tls);
}

TlsClientContext::~TlsClientContext() = default;

Result<std::shared_ptr<TlsClientContext>> TlsClientContext::make(TlsOptions options) {
    std::shared_ptr<TlsClientContext> out(new TlsClientContext);
    out->context_ = std::make_shared<Context>();
    ssl::context& context = out->context_->ssl;
    set_floor(context);
    const bool checks_chain = options.verify && options.pinned_sha256.empty();
    boost::system::error_code ec;
    if (checks_chain) {
        context.set_verify_mode(ssl::verify_peer, ec);
        context.set_default_verify_paths(ec);
        if (!options.ca_file.empty()) context.load_verify_file(options.ca_file, ec);
        ERR_clear_error();
        if (ec)
            return base::fail(ErrorKind::InvalidArgument, "cannot read the CA file {}: {}",
                              options.ca_file, ec.message());
    } else {
        // Devices with a certificate of their own making have small keys; the fingerprint, not the
        // chain, vouches for them.
        SSL_CTX_set_security_level(context.native_handle(), 1);
        context.set_verify_mode(ssl::verify_none, ec);
    }
    out->options_ = std::move(options);
    return out;
}

Task<Result<std::unique_ptr<Stream>>> tls_connect(std::unique_ptr<PlainStream> stream,
                                                  std::shared_ptr<TlsClientContext> context,
                                                  std::string host, Deadline deadline) {
    const TlsOptions& options = context->options();
    const std::string name = options.server_name.empty() ? host : options.server_name;
    std::unique_ptr<TlsStream> tls = wrap(*stream, context->context()->ssl);
    // RFC 6066 §3: no literal addresses in server_name.
    if (!is_address(name)) SSL_set_tlsext_host_name(tls->native(), name.c_str());
    const bool checks_chain = options.verify && options.pinned_sha256.empty();
    if (checks_chain) expect_name(tls->native(), name);

    const Result<> shaken = co_await async::with_deadline(deadline, "tls handshake",
                                                          tls->handshake(ssl::stream_base::client));
    if (!shaken) {
        const long verdict = SSL_get_verify_result(tls->native());
        if (checks_chain && verdict != X509_V_OK && !shaken.error().is(ErrorKind::Cancelled)) {
            co_return std::unexpected(
                not_who_it_should_be(name, X509_verify_cert_error_string(verdict)));
        }
        co_return std::unexpected(shaken.error().within(name));
    }
    if (!options.pinned_sha256.empty() &&
        tls->peer_certificate_sha256() != plain_hex(options.pinned_sha256)) {
        co_return std::unexpected(
            not_who_it_should_be(name, "its certificate is not the pinned one"));
    }
    co_return std::move(tls);
}

}  // namespace casement::net
