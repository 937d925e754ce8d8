#pragma once
// Commands (RTMP 1.0 §7.2): a name, a transaction id, a command object and arguments, all in AMF0.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "formats/amf0.hpp"
#include "protocols/rtmp/chunk_writer.hpp"

namespace casement::protocols::rtmp {

using Value = formats::amf0::Value;

struct Command {
    std::string name;
    double transaction = 0;
    Value object;  // command object; Null when absent
    std::vector<Value> arguments;

    /// Argument `i`, or Null.
    const Value& argument(std::size_t i) const;
};

/// The payload of a command message of either type: one of type 17 has a byte 0 in front and AMF0
/// behind it.
base::Result<Command> parse_command(const Message& message);

void append_command(OutBytes& out, std::uint32_t stream_id, std::initializer_list<Value> values);
/// onStatus on `stream_id` (§7.2.2).
void append_status(OutBytes& out, std::uint32_t stream_id, std::string_view level,
                   std::string_view code, std::string_view description);

}  // namespace casement::protocols::rtmp
