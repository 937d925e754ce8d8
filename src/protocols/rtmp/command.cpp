#include "protocols/rtmp/command.hpp"

namespace casement::protocols::rtmp {

using base::ErrorKind;
using base::fail;
using base::Result;

const Value& Command::argument(std::size_t i) const {
    static const Value null;
    return i < arguments.size() ? arguments[i] : null;
}

Result<Command> parse_command(const Message& message) {
    base::ByteSpan payload = message.payload;
    // §7.1.1 names AMF3 for type 17, but its senders put a zero byte in front and go on in AMF0.
    if (message.type == MessageType::CommandAmf3 && !payload.empty() && payload[0] == 0)
        payload = payload.subspan(1);
    auto values = formats::amf0::parse(payload);
    if (!values) return std::unexpected(values.error().within("RTMP command"));
    if (values->empty() || !values->front().is(Value::Type::String))
        return fail(ErrorKind::DataLoss, "RTMP: a command without a name");
    Command out;
    out.name = values->front().text();
    if (values->size() > 1) out.transaction = (*values)[1].number();
    if (values->size() > 2) out.object = std::move((*values)[2]);
    for (std::size_t i = 3; i < values->size(); ++i)
        out.arguments.push_back(std::move((*values)[i]));
    return out;
}

void append_command(OutBytes& out, std::uint32_t stream_id, std::initializer_list<Value> values) {
    append_message(out,
                   {.chunk_stream = ChunkStreamId::Command,
                    .type = MessageType::CommandAmf0,
                    .stream_id = stream_id},
                   {formats::amf0::written(values)});
}

void append_status(OutBytes& out, std::uint32_t stream_id, std::string_view level,
                   std::string_view code, std::string_view description) {
    append_command(
        out, stream_id,
        {"onStatus", 0, Value(),
         Value::object({{"level", level}, {"code", code}, {"description", description}})});
}

}  // namespace casement::protocols::rtmp
