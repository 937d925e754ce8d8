#pragma once
// Bytes both ways over TCP, plain or TLS. What the protocols read from and write to.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "async/task.hpp"
#include "base/byte_reader.hpp"

namespace casement::net {

using async::Executor;
using async::Task;
using base::ByteSpan;
using base::Result;

/// Lives on one executor. One read and one write may be in flight together, not two of either.
/// After an error or a cancelled operation the only sensible call is close(). The destructor closes
/// at once.
///
/// Errors: Unavailable (reset, or the other side closed: then `ended()` is true), Cancelled (closed
/// by us, or the coroutine was cancelled). There are no time-outs in here: use async::with_deadline
/// around rare waits and net::Watchdog around streams of them.
class Stream {
public:
    virtual ~Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Waits for at least one byte. `into` must stay valid until then and must not be empty. Never
    /// returns 0: an orderly end is an error with `ended()`.
    virtual Task<Result<std::size_t>> read_some(std::span<std::uint8_t> into) = 0;
    /// Writes everything. The parts and what they point to must stay valid until then.
    virtual Task<Result<>> write_all(std::span<const iovec> parts) = 0;
    Task<Result<>> write_all(ByteSpan bytes);
    /// Fills `into` completely.
    Task<Result<>> read_exactly(std::span<std::uint8_t> into);

    /// Ends every operation in flight with Cancelled. Idempotent. TLS says goodbye only in
    /// shut_down().
    virtual void close() = 0;
    /// Polite end: what was written arrives, then the other side sees the end (TLS: close_notify).
    /// close() is still due.
    virtual Task<Result<>> shut_down() = 0;
    virtual bool is_open() const = 0;
    /// The other side closed in good order: the reason of a failed read_some().
    virtual bool ended() const = 0;

    /// The socket, for options. -1 when closed.
    virtual int native_handle() const = 0;
    virtual const Executor& executor() const = 0;
    /// "10.0.0.9:41234"; known for the whole life of the object, closed or not.
    virtual const std::string& remote_endpoint() const = 0;
    virtual const std::string& local_endpoint() const = 0;
    /// True for PlainStream: `static_cast<PlainStream&>` is then allowed, and try_read/try_write
    /// are there for hot paths.
    virtual bool is_plain() const = 0;
    /// SHA-256 of the other side's certificate as lower-case hex; empty without TLS or certificate.
    virtual std::string peer_certificate_sha256() const { return {}; }

protected:
    Stream() = default;
};

/// TCP without TLS. Non-blocking, TCP_NODELAY on.
class PlainStream final : public Stream {
public:
    /// Takes over a connected socket. `permit` is held until destruction (the listener counts
    /// connections with it).
    explicit PlainStream(boost::asio::ip::tcp::socket socket,
                         std::shared_ptr<void> permit = nullptr);
    ~PlainStream() override;

    using Stream::write_all;
    Task<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override;
    Task<Result<>> write_all(std::span<const iovec> parts) override;
    void close() override;
    Task<Result<>> shut_down() override;
    bool is_open() const override;
    bool ended() const override { return ended_; }
    int native_handle() const override;
    const Executor& executor() const override { return executor_; }
    const std::string& remote_endpoint() const override { return remote_; }
    const std::string& local_endpoint() const override { return local_; }
    bool is_plain() const override { return true; }

    /// Waits until a read would not block (bytes, end or error).
    Task<Result<>> wait_readable();
    /// One recv now. 0 = nothing there yet. An orderly end is an error with `ended()`.
    Result<std::size_t> try_read(std::span<std::uint8_t> into);
    /// recv with MSG_PEEK; 0 = nothing there yet.
    Result<std::size_t> try_peek(std::span<std::uint8_t> into);

    /// Waits until a write would not block.
    Task<Result<>> wait_writable();
    /// One sendmsg now: how many bytes the kernel took, 0 = it would block. At most IOV_MAX (1024)
    /// parts are looked at.
    Result<std::size_t> try_write(std::span<const iovec> parts);

    /// Gives the socket away (TLS is put around it); this stream is closed afterwards, its permit
    /// goes along.
    struct Released {
        boost::asio::ip::tcp::socket socket;
        std::shared_ptr<void> permit;
    };
    Released release();

private:
    Executor executor_;
    boost::asio::ip::tcp::socket socket_;
    std::string remote_;
    std::string local_;
    std::shared_ptr<void> permit_;
    bool ended_ = false;
};

}  // namespace casement::net
