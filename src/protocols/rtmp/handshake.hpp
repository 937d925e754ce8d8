#pragma once
// The handshake (RTMP 1.0 §5.2): 1537 bytes each way, then 1536 each way.

#include <array>
#include <cstdint>

#include "base/error.hpp"
#include "protocols/rtmp/chunk_writer.hpp"

namespace casement::protocols::rtmp {

inline constexpr std::size_t kHandshakeBytes = 1536;

/// Either side. The simple handshake: echoing is also accepted by clients that sign theirs (Flash,
/// ffmpeg), as our version field is 0.
class Handshake {
public:
    enum class Role { Server, Client };
    explicit Handshake(Role role) : role_(role) {}

    /// The client's first words, C0 and C1.
    void start(OutBytes& out);
    /// Takes bytes from the front of `input` and appends answers to `out`. True when the peer's
    /// part is complete; bytes after it stay. DataLoss when the peer does not speak RTMP.
    base::Result<bool> read(base::ByteSpan& input, OutBytes& out);

private:
    enum class Await : std::uint8_t { Version, First, Second, Nothing };
    base::Result<> take_version(std::uint8_t version) const;
    static void append_first(OutBytes& out);

    Role role_;
    Await await_ = Await::Version;
    std::array<std::uint8_t, kHandshakeBytes> peer_{};
    std::size_t have_ = 0;
};

}  // namespace casement::protocols::rtmp
