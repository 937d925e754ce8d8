#pragma once
// Bodies of webhooks: named values as a form or as JSON. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "events/event.hpp"

namespace casement::notify {

struct Body {
    std::string content_type;
    std::string text;
    bool operator==(const Body&) const = default;
};

/// Which of the tries of one delivery this is.
struct Try {
    int number = 1;
    int last_status = 0;  // of the try before; 0 = there was none, or it had no answer
};

/// A JSON object as a device sent it.
struct JsonText {
    std::string text;
    bool operator==(const JsonText&) const = default;
};
using FieldValue = std::variant<std::string, bool, double, std::vector<std::string>, JsonText>;
using FieldList = std::vector<std::pair<std::string, FieldValue>>;  // in the order of the body

/// Three spellings of the same fields, for receivers of arlo-cam-api.
enum class Spelling {
    /// application/x-www-form-urlencoded, as that program really sends it: True and False, an
    /// object
    /// as JSON text with four blanks of indentation, a list as a repeated name (an empty one is
    /// left out), and `hash`, `url`, `attempt` and, after a failed try, `status_code` behind them.
    Form,
    /// JSON in which an object is a text that holds JSON, and true and false are texts: what
    /// receivers that were written for the form can read.
    Json,
    /// Plain JSON.
    JsonNested,
};

/// `hash`: 32 hex digits, the same for all tries of a delivery; `url`: where it goes, without
/// credentials. Both matter to Form only.
Body encode(const FieldList& fields, Spelling spelling, std::string_view hash, std::string_view url,
            const Try& which);

/// An event as the API tells it (docs/ref/api.md), as JSON or as a form with the same names, in
/// which `data` is JSON text.
Body encode_event_json(const events::Event& event);
Body encode_event_form(const events::Event& event);

/// "a=1&b=x+y", as application/x-www-form-urlencoded has it.
std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields);

/// UTC seconds with six digits behind the point, as many as the clock has.
double unix_seconds(base::WallTime time);

/// HMAC-SHA256 of RFC 2104 in lower-case hex.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace casement::notify
