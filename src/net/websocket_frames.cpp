#include "net/websocket_frames.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/byte_writer.hpp"
#include "net/http_message.hpp"

namespace casement::net {

using base::ByteSpan;
using base::ErrorKind;
using Mask = std::array<std::uint8_t, 4>;

namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::size_t kMaxControlBytes = 125;  // RFC 6455 §5.5

bool is_control(WsOpcode opcode) { return (static_cast<std::uint8_t>(opcode) & 8) != 0; }

bool is_known(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

// RFC 6455 §7.4.1: what may stand on the wire.
bool is_sendable_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

void apply(const Mask& mask, std::uint8_t* data, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) data[i] ^= mask[i & 3];
}

}  // namespace

WsHead ws_head(WsOpcode opcode, std::uint64_t payload_bytes) {
    WsHead head;
    head.bytes[0] = static_cast<std::uint8_t>(kFinal | static_cast<std::uint8_t>(opcode));
    if (payload_bytes <= 125) {
        head.bytes[1] = static_cast<std::uint8_t>(payload_bytes);
        head.size = 2;
        return head;
    }
    const bool is_short = payload_bytes <= 0xFFFF;
    head.bytes[1] = is_short ? 126 : 127;
    head.size = is_short ? 4 : 10;
    for (std::size_t i = 2; i < head.size; ++i)
        head.bytes[i] = static_cast<std::uint8_t>(payload_bytes >> (8 * (head.size - 1U - i)));
    return head;
}

std::vector<std::uint8_t> ws_frame(WsOpcode opcode, ByteSpan payload, std::optional<Mask> mask) {
    WsHead head = ws_head(opcode, payload.size());
    if (mask) head.bytes[1] |= kMasked;
    base::ByteWriter out(head.size + 4 + payload.size());
    out.bytes(head.view());
    if (mask) out.bytes(*mask);
    out.bytes(payload);
    std::vector<std::uint8_t> frame = out.take();
    if (mask) apply(*mask, frame.data() + frame.size() - payload.size(), payload.size());
    return frame;
}

struct WsParser::Head {
    WsOpcode opcode;
    bool is_final;
    bool is_masked;
    bool has_reserved_bits;
    std::uint64_t size;
    std::size_t head_bytes;
    Mask mask;
};

void WsParser::push(ByteSpan bytes) {
    if (at_ > 0) in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    in_.insert(in_.end(), bytes.begin(), bytes.end());
}

std::unexpected<base::Error> WsParser::refuse(std::uint16_t code, std::string_view why) {
    close_code_ = code;
    return base::fail(
        code == ws_close::kTooBig ? ErrorKind::ResourceExhausted : ErrorKind::InvalidArgument,
        "websocket: {}", why);
}

base::Result<std::optional<WsParser::Head>> WsParser::read_head() {
    base::ByteReader in(ByteSpan(in_).subspan(at_));
    const std::uint8_t first = in.u8();
    const std::uint8_t second = in.u8();
    if (in.failed()) return std::nullopt;
    if (!is_known(first & 0x0F)) return refuse(ws_close::kProtocolError, "unknown opcode");
    Head head{};
    head.opcode = static_cast<WsOpcode>(first & 0x0F);
    head.is_final = (first & kFinal) != 0;
    head.has_reserved_bits = (first & kReservedBits) != 0;
    head.is_masked = (second & kMasked) != 0;
    head.size = second & 0x7F;
    if (head.size == 126) {
        head.size = in.u16();
    } else if (head.size == 127) {
        head.size = in.u64();
    }
    if (head.is_masked) {
        for (std::uint8_t& byte : head.mask) byte = in.u8();
    }
    if (in.failed()) return std::nullopt;
    head.head_bytes = in.position();
    return head;
}

base::Result<> WsParser::check(const Head& head) {
    if (head.has_reserved_bits)
        return refuse(ws_close::kProtocolError, "reserved bits without an extension");
    // RFC 6455 §5.1: clients mask, servers do not.
    if (head.is_masked != (role_ == Role::Server))
        return refuse(ws_close::kProtocolError, "wrong masking");
    if (is_control(head.opcode)) {
        if (!head.is_final || head.size > kMaxControlBytes)
            return refuse(ws_close::kProtocolError, "a control frame is fragmented or too long");
        return {};
    }
    if (head.opcode == WsOpcode::Continuation && !partial_)
        return refuse(ws_close::kProtocolError, "a continuation of nothing");
    if (head.opcode != WsOpcode::Continuation && partial_)
        return refuse(ws_close::kProtocolError, "a message inside a message");
    const std::size_t before = partial_ ? partial_->data.size() : 0;
    if (head.size > limit_ - before)
        return refuse(ws_close::kTooBig, "a message is longer than allowed");
    return {};
}

base::Result<std::optional<WsMessage>> WsParser::next() {
    for (;;) {
        CASEMENT_TRY(const std::optional<Head> head, read_head());
        if (!head) return std::nullopt;
        CASEMENT_TRY(check(*head));
        if (in_.size() - at_ - head->head_bytes < head->size) return std::nullopt;
        CASEMENT_TRY(std::optional<WsMessage> message, finish(*head));
        if (message) return message;
    }
}

base::Result<std::optional<WsMessage>> WsParser::finish(const Head& head) {
    std::uint8_t* data = in_.data() + at_ + head.head_bytes;
    const auto size = static_cast<std::size_t>(head.size);
    if (head.is_masked) apply(head.mask, data, size);
    at_ += head.head_bytes + size;
    if (is_control(head.opcode)) {
        WsMessage control{head.opcode, {data, data + size}};
        if (head.opcode == WsOpcode::Close && size > 0) {
            const auto code = static_cast<std::uint16_t>(size < 2 ? 0 : data[0] << 8 | data[1]);
            if (!is_sendable_close_code(code))
                return refuse(ws_close::kProtocolError, "a bad close code");
            if (!is_utf8({data + 2, size - 2}))
                return refuse(ws_close::kBadData, "text that is not UTF-8");
        }
        return control;
    }
    if (!partial_) partial_.emplace(WsMessage{head.opcode, {}});
    partial_->data.insert(partial_->data.end(), data, data + size);
    if (!head.is_final) return std::nullopt;
    WsMessage whole = std::move(*partial_);
    partial_.reset();
    if (whole.is_text() && !is_utf8(whole.data))
        return refuse(ws_close::kBadData, "text that is not UTF-8");
    return whole;
}

bool is_utf8(ByteSpan bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const std::uint8_t lead = bytes[i];
        std::size_t more = 0;
        std::uint32_t low =
            0;  // the smallest code point that needs this length: overlong forms are refused
        std::uint32_t code = lead;
        if (lead >= 0x80) {
            if (lead >= 0xC2 && lead <= 0xDF) {
                more = 1, low = 0x80, code = lead & 0x1F;
            } else if (lead >= 0xE0 && lead <= 0xEF) {
                more = 2, low = 0x800, code = lead & 0x0F;
            } else if (lead >= 0xF0 && lead <= 0xF4) {
                more = 3, low = 0x10000, code = lead & 0x07;
            } else {
                return false;
            }
        }
        if (bytes.size() - i - 1 < more) return false;
        for (std::size_t j = 1; j <= more; ++j) {
            if ((bytes[i + j] & 0xC0) != 0x80) return false;
            code = code << 6 | (bytes[i + j] & 0x3FU);
        }
        if (code < low || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
        i += more + 1;
    }
    return true;
}

std::string ws_accept(std::string_view key) {
    const std::string salted =
        std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 §1.3
    std::array<unsigned char, 20> digest{};
    EVP_Digest(salted.data(), salted.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace casement::net
