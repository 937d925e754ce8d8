// What the client says.

#include "protocols/nest/fields.hpp"
#include "protocols/nest/messages.hpp"

namespace casement::protocols::nest {

using base::Result;

namespace {

std::vector<std::uint8_t> payload_of(const AuthorizeRequest& message) {
    FieldWriter out;
    put(out, 1, message.session_token);
    put(out, 2, message.wwn_access_token);
    put(out, 3, message.service_access_key);
    put(out, 4, message.olive_token);
    return out.take();
}

}  // namespace

Result<AuthorizeRequest> parse_authorize_request(base::ByteSpan payload) {
    AuthorizeRequest out;
    // One client pads it with zeros.
    CASEMENT_TRY(each_field(payload, Padding::Allowed, [&](const Field& field) -> Result<> {
        if (field.is(1, kBytes)) out.session_token = base::Secret(field.text());
        if (field.is(2, kBytes)) out.wwn_access_token = base::Secret(field.text());
        if (field.is(3, kBytes)) out.service_access_key = base::Secret(field.text());
        if (field.is(4, kBytes)) out.olive_token = base::Secret(field.text());
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const AuthorizeRequest& message) {
    return to_bytes(PacketType::AuthorizeRequest, payload_of(message));
}

Result<Hello> parse_hello(base::ByteSpan payload) {
    Hello out{.protocol_version = 0, .client_type = {}};
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.protocol_version = field.i32();
        if (field.is(2, kBytes)) out.uuid = field.text();
        if (field.is(3, kVarint)) out.requires_connected_camera = field.flag();
        if (field.is(4, kBytes)) out.session_token = base::Secret(field.text());
        if (field.is(5, kVarint)) out.is_camera = field.flag();
        if (field.is(6, kBytes)) out.device_id = field.text();
        if (field.is(7, kBytes)) out.user_agent = field.text();
        if (field.is(8, kBytes)) out.service_access_key = base::Secret(field.text());
        if (field.is(9, kVarint)) out.client_type = static_cast<ClientType>(field.i32());
        if (field.is(10, kBytes)) out.wwn_access_token = base::Secret(field.text());
        if (field.is(11, kBytes)) out.encrypted_device_id = field.text();
        if (field.is(12, kBytes)) {
            CASEMENT_TRY(out.authorize, parse_authorize_request(field.bytes));
        }
        if (field.is(13, kBytes)) out.client_ip_address = field.text();
        if (field.is(16, kVarint)) out.requires_owner_server = field.flag();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const Hello& message) {
    FieldWriter out;
    out.i32(1, message.protocol_version);
    put(out, 2, message.uuid);
    out.varint(3, message.requires_connected_camera ? 1 : 0);
    put(out, 4, message.session_token);
    put(out, 5, message.is_camera);
    put(out, 6, message.device_id);
    put(out, 7, message.user_agent);
    put(out, 8, message.service_access_key);
    out.i32(9, static_cast<std::int32_t>(message.client_type));
    put(out, 10, message.wwn_access_token);
    put(out, 11, message.encrypted_device_id);
    if (message.authorize) out.bytes(12, payload_of(*message.authorize));
    put(out, 13, message.client_ip_address);
    put(out, 16, message.requires_owner_server);
    return to_bytes(PacketType::Hello, out.take());
}

Result<StartPlayback> parse_start_playback(base::ByteSpan payload) {
    StartPlayback out;
    std::vector<std::int32_t> others;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.session_id = field.i32();
        if (field.is(2, kVarint)) out.profile = static_cast<Profile>(field.i32());
        if (field.is(3, kFixed64)) out.start_time = field.real();
        if (field.is(4, kBytes)) out.external_ip = field.text();
        if (field.is(5, kVarint)) out.external_port = field.i32();
        // Clients of proto2 send it one by one, those of proto3 packed.
        if (field.is(6, kVarint) || field.is(6, kBytes))
            return append_numbers(field, others, kMaxProfiles);
        if (field.is(7, kVarint))
            out.profile_not_found_action = static_cast<ProfileNotFound>(field.i32());
        return {};
    }));
    for (const std::int32_t other : others)
        out.other_profiles.push_back(static_cast<Profile>(other));
    return out;
}

std::vector<std::uint8_t> to_bytes(const StartPlayback& message) {
    FieldWriter out;
    out.i32(1, message.session_id);
    out.i32(2, static_cast<std::int32_t>(message.profile));
    if (message.start_time) out.real(3, *message.start_time);
    put(out, 4, message.external_ip);
    put(out, 5, message.external_port);
    for (const Profile other : message.other_profiles) out.i32(6, static_cast<std::int32_t>(other));
    if (message.profile_not_found_action)
        out.i32(7, static_cast<std::int32_t>(*message.profile_not_found_action));
    return to_bytes(PacketType::StartPlayback, out.take());
}

Result<StopPlayback> parse_stop_playback(base::ByteSpan payload) {
    StopPlayback out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.session_id = field.i32();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const StopPlayback& message) {
    FieldWriter out;
    out.i32(1, message.session_id);
    return to_bytes(PacketType::StopPlayback, out.take());
}

Result<AudioPayload> parse_audio_payload(base::ByteSpan payload) {
    AudioPayload out{.sample_rate = 0};
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kBytes)) out.payload = field.copy();
        if (field.is(2, kVarint)) out.session_id = field.i32();
        if (field.is(3, kVarint)) out.codec = static_cast<CodecType>(field.i32());
        if (field.is(4, kVarint)) out.sample_rate = field.u32();
        if (field.is(5, kVarint)) out.latency_measure_tag = field.u32();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const AudioPayload& message) {
    FieldWriter out;
    out.bytes(1, message.payload);
    out.i32(2, message.session_id);
    out.i32(3, static_cast<std::int32_t>(message.codec));
    out.varint(4, message.sample_rate);
    put(out, 5, message.latency_measure_tag);
    return to_bytes(PacketType::AudioPayload, out.take());
}

}  // namespace casement::protocols::nest
