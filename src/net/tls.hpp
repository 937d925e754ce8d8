#pragma once
// TLS: the hub's own certificate, the server's context, and handshakes from both sides.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "base/mutex.hpp"
#include "base/secret.hpp"
#include "net/stream.hpp"

namespace casement::net {

using async::Deadline;

/// A certificate (chain) and its key, both PEM.
struct Certificate {
    std::string certificate_pem;
    base::Secret key_pem;
};

/// EC P-256, signed by itself. `names` are host names and IP addresses; "localhost", 127.0.0.1 and
/// ::1 are always added.
Result<Certificate> make_self_signed(std::string_view common_name,
                                     const std::vector<std::string>& names,
                                     std::chrono::days valid);

/// Reads `directory`/tls.pem (key and certificate in one file, so that they never disagree), or
/// makes it (10 years, mode 0600) when it is missing, ends within 30 days or does not name all of
/// `names`. Blocking: call from a BlockingPool or at start.
Result<Certificate> load_or_make_certificate(const std::filesystem::path& directory,
                                             const std::vector<std::string>& names);

/// SHA-256 of the first certificate as people compare it: "AB:CD:…".
Result<std::string> fingerprint_of(std::string_view certificate_pem);

/// What TLS listeners share. Thread-safe; a reload reaches new connections only.
class TlsServerContext {
public:
    static Result<std::shared_ptr<TlsServerContext>> make(const Certificate& certificate);
    ~TlsServerContext();
    /// Keeps the old certificate when the new one is not usable.
    Result<> reload(const Certificate& certificate);
    /// "AB:CD:…" of the certificate in use.
    std::string fingerprint() const;

    struct Context;
    std::shared_ptr<Context> current() const;

private:
    TlsServerContext() = default;
    mutable base::Mutex mutex_;
    std::shared_ptr<Context> context_ CASEMENT_GUARDED_BY(mutex_);
};

/// Server side handshake around an accepted stream.
Task<Result<std::unique_ptr<Stream>>> tls_accept(std::unique_ptr<PlainStream> stream,
                                                 std::shared_ptr<TlsServerContext> context,
                                                 Deadline deadline);

/// Whom a client trusts.
struct TlsOptions {
    /// False: nothing is checked. Only to learn the fingerprint of a device that is pinned on first
    /// use.
    bool verify = true;
    /// PEM file whose certificates are trusted in addition to the system's.
    std::string ca_file{};
    /// SNI and the name that the certificate must carry; empty = the host that is connected to.
    std::string server_name{};
    /// Hex SHA-256 (with or without colons) of the only accepted certificate; the chain is then not
    /// looked at.
    std::string pinned_sha256{};
    bool operator==(const TlsOptions&) const = default;
};

/// The system's trust store parsed once (some ms), shared by many connections. Thread-safe.
class TlsClientContext {
public:
    static Result<std::shared_ptr<TlsClientContext>> make(TlsOptions options);
    ~TlsClientContext();
    const TlsOptions& options() const { return options_; }

    struct Context;
    const std::shared_ptr<Context>& context() const { return context_; }

private:
    TlsClientContext() = default;
    TlsOptions options_;
    std::shared_ptr<Context> context_;
};

/// Client side handshake. Reason `certificate` (kind PermissionDenied) when the other side is not
/// who it should be; the sentence says what was wrong.
Task<Result<std::unique_ptr<Stream>>> tls_connect(std::unique_ptr<PlainStream> stream,
                                                  std::shared_ptr<TlsClientContext> context,
                                                  std::string host, Deadline deadline);

}  // namespace casement::net
