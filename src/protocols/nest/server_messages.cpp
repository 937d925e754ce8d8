// What the server says.

#include "protocols/nest/fields.hpp"
#include "protocols/nest/messages.hpp"

namespace casement::protocols::nest {

using base::Result;

namespace {

std::unexpected<base::Error> too_many(std::string_view what, std::size_t most) {
    return base::fail(base::ErrorKind::ResourceExhausted, "more than {} {}", most, what);
}

Result<Channel> parse_channel(base::ByteSpan message) {
    Channel out;
    CASEMENT_TRY(each_field(message, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.channel_id = field.i32();
        if (field.is(2, kVarint)) out.codec = static_cast<CodecType>(field.i32());
        if (field.is(3, kVarint)) out.sample_rate = field.u32();
        if (field.is(4, kBytes)) {
            if (out.private_data.size() >= kMaxChannels) return too_many("pieces", kMaxChannels);
            out.private_data.push_back(field.copy());
        }
        if (field.is(5, kFixed64)) out.start_time = field.real();
        // Of these two one client has the numbers the other way round: they count for UDP only.
        if (field.is(6, kVarint)) out.udp_ssrc = field.u32();
        if (field.is(7, kVarint)) out.rtp_start_time = field.u32();
        if (field.is(8, kVarint)) out.profile = static_cast<Profile>(field.i32());
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> payload_of(const Channel& channel) {
    FieldWriter out;
    out.i32(1, channel.channel_id);
    out.i32(2, static_cast<std::int32_t>(channel.codec));
    out.varint(3, channel.sample_rate);
    for (const auto& data : channel.private_data) out.bytes(4, data);
    if (channel.start_time) out.real(5, *channel.start_time);
    put(out, 6, channel.udp_ssrc);
    put(out, 7, channel.rtp_start_time);
    if (channel.profile) out.i32(8, static_cast<std::int32_t>(*channel.profile));
    return out.take();
}

Result<Region> parse_region(base::ByteSpan message) {
    Region out;
    CASEMENT_TRY(each_field(message, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.id = field.i32();
        if (field.is(2, kVarint)) out.left = field.i32();
        if (field.is(3, kVarint)) out.right = field.i32();
        if (field.is(4, kVarint)) out.top = field.i32();
        if (field.is(5, kVarint)) out.bottom = field.i32();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> payload_of(const Talkback& message) {
    FieldWriter out;
    put(out, 1, message.user_id);
    out.i32(2, message.session_id);
    put(out, 3, message.quick_action_id);
    put(out, 4, message.device_id);
    return out.take();
}

}  // namespace

Result<Ok> parse_ok(base::ByteSpan payload) {
    Ok out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.udp_port = field.i32();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const Ok& message) {
    FieldWriter out;
    put(out, 1, message.udp_port);
    return to_bytes(PacketType::Ok, out.take());
}

Result<ServerError> parse_error(base::ByteSpan payload) {
    ServerError out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.code = static_cast<ErrorCode>(field.i32());
        if (field.is(2, kBytes)) out.message = field.text();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const ServerError& message) {
    FieldWriter out;
    out.i32(1, static_cast<std::int32_t>(message.code));
    put(out, 2, message.message);
    return to_bytes(PacketType::Error, out.take());
}

Result<Redirect> parse_redirect(base::ByteSpan payload) {
    Redirect out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kBytes)) out.new_host = field.text();
        if (field.is(2, kVarint)) out.is_transcode = field.flag();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const Redirect& message) {
    FieldWriter out;
    out.text(1, message.new_host);
    if (message.is_transcode) out.varint(2, 1);
    return to_bytes(PacketType::Redirect, out.take());
}

Result<PlaybackBegin> parse_playback_begin(base::ByteSpan payload) {
    PlaybackBegin out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.session_id = field.i32();
        if (field.is(2, kBytes)) {
            if (out.channels.size() >= kMaxChannels) return too_many("channels", kMaxChannels);
            CASEMENT_TRY(auto channel, parse_channel(field.bytes));
            out.channels.push_back(std::move(channel));
        }
        if (field.is(3, kBytes)) out.srtp_master_key = base::Secret(field.text());
        if (field.is(4, kBytes)) out.srtp_master_salt = base::Secret(field.text());
        if (field.is(5, kVarint)) out.fec_k = field.i32();
        if (field.is(6, kVarint)) out.fec_n = field.i32();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const PlaybackBegin& message) {
    FieldWriter out;
    out.i32(1, message.session_id);
    for (const Channel& channel : message.channels) out.bytes(2, payload_of(channel));
    put(out, 3, message.srtp_master_key);
    put(out, 4, message.srtp_master_salt);
    put(out, 5, message.fec_k);
    put(out, 6, message.fec_n);
    return to_bytes(PacketType::PlaybackBegin, out.take());
}

Result<PlaybackPacket> parse_playback_packet(base::ByteSpan payload) {
    PlaybackPacket out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.session_id = field.i32();
        if (field.is(2, kVarint)) out.channel_id = field.i32();
        if (field.is(3, kVarint)) out.timestamp_delta = field.zigzag();
        if (field.is(4, kBytes)) out.payload = field.bytes;
        if (field.is(5, kVarint)) out.latency_rtp_sequence = field.u32();
        if (field.is(6, kVarint)) out.latency_rtp_ssrc = field.u32();
        if (field.is(7, kBytes)) {
            if (out.regions.size() >= kMaxRegions) return too_many("regions", kMaxRegions);
            CASEMENT_TRY(auto region, parse_region(field.bytes));
            out.regions.push_back(region);
        }
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const PlaybackPacket& message) {
    FieldWriter out;
    out.i32(1, message.session_id);
    out.i32(2, message.channel_id);
    out.zigzag(3, message.timestamp_delta);
    out.bytes(4, message.payload);
    put(out, 5, message.latency_rtp_sequence);
    put(out, 6, message.latency_rtp_ssrc);
    for (const Region& region : message.regions) {
        FieldWriter box;
        box.i32(1, region.id).i32(2, region.left).i32(3, region.right);
        out.bytes(7, box.i32(4, region.top).i32(5, region.bottom).take());
    }
    return to_bytes(PacketType::PlaybackPacket, out.take());
}

Result<PlaybackEnd> parse_playback_end(base::ByteSpan payload) {
    PlaybackEnd out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kVarint)) out.session_id = field.i32();
        if (field.is(2, kVarint)) out.reason = static_cast<EndReason>(field.i32());
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> to_bytes(const PlaybackEnd& message) {
    FieldWriter out;
    out.i32(1, message.session_id);
    if (message.reason != EndReason::UserEnded)
        out.i32(2, static_cast<std::int32_t>(message.reason));
    return to_bytes(PacketType::PlaybackEnd, out.take());
}

Result<Talkback> parse_talkback(base::ByteSpan payload) {
    Talkback out;
    CASEMENT_TRY(each_field(payload, Padding::Broken, [&](const Field& field) -> Result<> {
        if (field.is(1, kBytes)) out.user_id = field.text();
        if (field.is(2, kVarint)) out.session_id = field.i32();
        if (field.is(3, kVarint)) out.quick_action_id = field.i32();
        if (field.is(4, kBytes)) out.device_id = field.text();
        return {};
    }));
    return out;
}

std::vector<std::uint8_t> talkback_begin(const Talkback& message) {
    return to_bytes(PacketType::TalkbackBegin, payload_of(message));
}
std::vector<std::uint8_t> talkback_end(const Talkback& message) {
    return to_bytes(PacketType::TalkbackEnd, payload_of(message));
}

}  // namespace casement::protocols::nest
