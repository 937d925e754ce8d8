#include "protocols/rtmp/handshake.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/random.hpp"

namespace casement::protocols::rtmp {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

constexpr std::uint8_t kVersion = 3;
/// Time and version fields of C1 and S1 (§5.2.3). A version of 0 asks for the simple handshake.
constexpr std::size_t kRandomOffset = 8;

}  // namespace

void Handshake::append_first(OutBytes& out) {
    const std::size_t at = out.size();
    out.resize(at + 1 + kHandshakeBytes);
    out[at] = kVersion;
    base::fill_random(std::span(out).subspan(at + 1 + kRandomOffset));
}

void Handshake::start(OutBytes& out) { append_first(out); }

Result<> Handshake::take_version(std::uint8_t version) const {
    // §5.2.2: 3 is RTMP; 6 and 8 are its encrypted forms, 32 and above cannot be told from text
    // protocols.
    if (version == kVersion) return {};
    if (version == 0x16)
        return fail(ErrorKind::Unsupported,
                    "the other side speaks TLS (rtmps) on this port; plain rtmp is expected");
    if (version == 6 || version == 8)
        return fail(ErrorKind::Unsupported,
                    "the other side speaks encrypted RTMPE, which is not supported");
    return fail(ErrorKind::DataLoss, "the other side does not speak RTMP (first byte {:#04x})",
                version);
}

Result<bool> Handshake::read(base::ByteSpan& input, OutBytes& out) {
    while (await_ != Await::Nothing && !input.empty()) {
        if (await_ == Await::Version) {
            CASEMENT_TRY(take_version(input[0]));
            input = input.subspan(1);
            await_ = Await::First;
            continue;
        }
        const std::size_t count = std::min(kHandshakeBytes - have_, input.size());
        if (await_ == Await::First) std::memcpy(peer_.data() + have_, input.data(), count);
        input = input.subspan(count);
        have_ += count;
        if (have_ < kHandshakeBytes) break;
        have_ = 0;
        if (await_ == Await::First) {
            if (role_ == Role::Server) append_first(out);
            out.insert(out.end(), peer_.begin(), peer_.end());
            await_ = Await::Second;
        } else {
            // The peer's echo is not compared: signing clients change it, and it proves nothing.
            await_ = Await::Nothing;
        }
    }
    return await_ == Await::Nothing;
}

}  // namespace casement::protocols::rtmp
