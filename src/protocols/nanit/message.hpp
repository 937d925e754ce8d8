#pragma once
// One WebSocket message of a Nanit camera's control channel is one pb::Message: no other framing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <protocols/nanit/nanit.pb.h>
#include "base/byte_reader.hpp"
#include "base/error.hpp"
#include "protocols/nanit/values.hpp"

namespace casement::protocols::nanit {

/// What clients that work with real cameras allow.
inline constexpr std::size_t kMaxMessageBytes = 1 << 20;

/// InvalidArgument when it is no message at all, or too long. Numbers and fields that this program
/// does not know are kept, not refused; which fields are there is the caller's to ask (has_...).
base::Result<pb::Message> parse(base::ByteSpan bytes);
std::vector<std::uint8_t> serialize(const pb::Message& message);

/// 08 00
pb::Message keepalive();
pb::Message request(std::int32_t id, RequestType type);
pb::Message response_to(const pb::Request& request, int status_code, std::string_view text = {});

/// A field that the tables do not have: how newer firmware's additions are discovered.
struct UnknownField {
    std::string message;  // "Settings"
    int number = 0;
    auto operator<=>(const UnknownField&) const = default;
};
/// In the message and all within it, each once, at most 64.
std::vector<UnknownField> unknown_fields(const pb::Message& message);

}  // namespace casement::protocols::nanit
