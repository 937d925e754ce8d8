#include "protocols/nanit/message.hpp"

#include <algorithm>
#include <set>

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

namespace casement::protocols::nanit {

namespace {

constexpr std::size_t kMostUnknown = 64;

void collect(const google::protobuf::Message& message, std::set<UnknownField>& out) {
    const auto& reflection = *message.GetReflection();
    const auto& unknown = reflection.GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count() && out.size() < kMostUnknown; ++i)
        out.insert({message.GetDescriptor()->name(), unknown.field(i).number()});
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
        if (!field->is_repeated()) {
            collect(reflection.GetMessage(message, field), out);
            continue;
        }
        for (int i = 0; i < reflection.FieldSize(message, field); ++i)
            collect(reflection.GetRepeatedMessage(message, field, i), out);
    }
}

}  // namespace

base::Result<pb::Message> parse(base::ByteSpan bytes) {
    if (bytes.size() > kMaxMessageBytes) {
        return base::fail(base::ErrorKind::InvalidArgument,
                          "a message of {} bytes, where {} are the most", bytes.size(),
                          kMaxMessageBytes);
    }
    pb::Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return base::fail(base::ErrorKind::InvalidArgument,
                          "{} bytes that are no message of a Nanit camera", bytes.size());
    }
    return message;
}

std::vector<std::uint8_t> serialize(const pb::Message& message) {
    std::vector<std::uint8_t> out(message.ByteSizeLong());
    message.SerializeToArray(out.data(), static_cast<int>(out.size()));
    return out;
}

pb::Message keepalive() {
    pb::Message out;
    out.set_type(kKeepalive);
    return out;
}

pb::Message request(std::int32_t id, RequestType type) {
    pb::Message out;
    out.set_type(kRequest);
    out.mutable_request()->set_id(id);
    out.mutable_request()->set_type(type);
    return out;
}

pb::Message response_to(const pb::Request& request, int status_code, std::string_view text) {
    pb::Message out;
    out.set_type(kResponse);
    auto& response = *out.mutable_response();
    response.set_request_id(request.id());
    response.set_request_type(request.type());
    response.set_status_code(status_code);
    if (!text.empty()) response.set_status_message(std::string(text));
    return out;
}

std::vector<UnknownField> unknown_fields(const pb::Message& message) {
    std::set<UnknownField> found;
    collect(message, found);
    return {found.begin(), found.end()};
}

}  // namespace casement::protocols::nanit
