#pragma once
// JSON of the old interface: what comes in and how answers look. Private to this folder, as is the
// JSON library.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "net/http_server.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo::rest {

using Json = nlohmann::ordered_json;

/// Of a request; a full set of registers has some 3 KiB.
inline constexpr std::size_t kMaxBodyBytes = 64 * 1024;

net::Response answer(const Json& json, int status = 200);
/// {"result": true}.
net::Response result(bool fine);
/// {"error": "a sentence"}.
net::Response refuse(int status, std::string_view sentence);

/// The body, or the answer that says what is wrong with it: 415 when it is not said to be JSON, 400
/// when it is none, or null.
std::expected<Json, net::Response> json_of(const net::Request& request);
/// The same, and it has to be an object.
std::expected<Json, net::Response> object_of(const net::Request& request);
/// The same as members in their order, each a bool, a number or a text.
std::expected<protocols::arlo::Fields, net::Response> registers_of_body(
    const net::Request& request, std::string_view inside = {});

// Nothing when it is absent or something else.
std::optional<bool> bool_in(const Json& object, std::string_view name);  // also 0 and 1
std::optional<std::int64_t> whole_in(const Json& object, std::string_view name);
std::optional<std::string> text_in(const Json& object, std::string_view name);
/// Null, "", 0 and absent: clients of the field send them for "as usual".
bool is_unsaid(const Json& object, std::string_view name);

}  // namespace casement::drivers::arlo::rest
