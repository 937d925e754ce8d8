#pragma once
// A message of the conversation between base and device: one JSON object with a type and an ID. How
// it travels: frame.hpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "protocols/arlo/base_messages.hpp"
#include "protocols/arlo/device_messages.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::protocols::arlo {

/// A type that no source knows, or a known one without what makes it useful (`problem` says what is
/// missing). It is a whole message none the less: it can be answered, kept and sent on. Written by
/// hand it can say anything, which is how a message passes through us as it is.
struct Unknown {
    std::string type;
    Fields fields;        // everything but Type and ID
    std::string problem;  // a sentence; empty when only the type is unknown
    bool operator==(const Unknown&) const = default;
};

using Body = std::variant<Registration, Status, Alert, LogMessage, RegisterSet, RegisterGet,
                          RaParams, StatusRequest, FullSnapshot, MotionZone, Siren, RtpInvite,
                          RtpRequest, RtpBye, Response, Unknown>;

struct Message {
    std::int64_t id =
        0;  // chosen by the sender, repeated in the answer; nothing checks that it grows
    Body body;
    bool operator==(const Message&) const = default;

    /// Type: "registration"...
    std::string_view type() const;
};

/// Reads the JSON of a frame. InvalidArgument when it is no JSON object with a text Type and a
/// whole number ID, for then it cannot even be answered; also for invalid UTF-8, a name that comes
/// twice in one object and numbers beyond a double. ResourceExhausted over kMaxJsonBytes, kMaxDepth
/// or kMaxValues. The text itself is the caller's to keep: order and spelling of the members are in
/// it only.
base::Result<Message> parse_message(std::string_view json);

/// Type and ID first, then the members that are set, `others` last (a name that was written already
/// is not written again). Compact, ASCII only.
std::string to_json(const Message& message);

/// to_json() in its frame, with the errors of write_frame().
base::Result<std::string> to_frame(const Message& message);

}  // namespace casement::protocols::arlo
