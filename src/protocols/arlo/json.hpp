#pragma once
// The JSON library behind Fields and the messages. For the sources of this folder only: its header
// is heavy, and none of ours includes it.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::protocols::arlo {

/// Members in their order.
using Json = nlohmann::ordered_json;

/// The text as one JSON object within kMaxJsonBytes, kMaxDepth and kMaxValues (ResourceExhausted
/// past one of them). InvalidArgument when it is no JSON, no UTF-8 or no object, when a number is
/// beyond a double, when an object holds a name twice.
base::Result<Json> parse_object(std::string_view text);
/// Compact and ASCII only: the length in front of it then counts characters too. What is no UTF-8
/// becomes U+FFFD.
std::string dump(const Json& json);

Value value_of(const Json& json);
Json json_of(const Value& value);
/// Of an object.
Fields fields_of(const Json& object);
Json json_of(const Fields& fields);

}  // namespace casement::protocols::arlo
