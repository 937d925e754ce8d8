#pragma once
// What a base sends to its devices, and the answer that both sides give. The first member of each
// request is its payload and required: a message without it is an Unknown (message.hpp). For all
// others the rule of device_messages.hpp holds.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/arlo/fields.hpp"

namespace casement::protocols::arlo {

/// Writes registers. Names and types: registers.hpp.
struct RegisterSet {
    static constexpr std::string_view kType = "registerSet";

    Fields values;  // SetValues
    Fields others;
    bool operator==(const RegisterSet&) const = default;
};

/// Reads registers; the answer leaves out those that the device does not have.
struct RegisterGet {
    static constexpr std::string_view kType = "registerGet";

    std::vector<std::string> names;  // GetValues
    Fields others;
    bool operator==(const RegisterGet&) const = default;
};

/// How the encoder may spend its bits in one picture size.
struct RateControl {
    std::optional<std::int64_t> min_bps, max_bps;
    std::optional<std::int64_t> min_qp, max_qp;
    std::optional<bool> variable;  // vbr; false: fixed_bps is the rate
    std::optional<std::int64_t> target_bps;
    std::optional<std::int64_t> fixed_bps;  // cbrbps
    Fields others;
    bool operator==(const RateControl&) const = default;
};

struct RaParams {
    static constexpr std::string_view kType = "raParams";

    std::vector<std::pair<std::string, RateControl>> modes;  // Params: "720p", "1536sq"...
    Fields others;
    bool operator==(const RaParams&) const = default;
};

/// Answered with an ack, then with a status on a connection of the device's own; wakes a device
/// too.
struct StatusRequest {
    static constexpr std::string_view kType = "statusRequest";

    Fields others;
    bool operator==(const StatusRequest&) const = default;
};

/// Answered with an ack, then with an upload: upload.hpp.
struct FullSnapshot {
    static constexpr std::string_view kType = "fullSnapshot";

    std::string destination_url;  // its last path component is dropped by the camera
    Fields others;
    bool operator==(const FullSnapshot&) const = default;
};

/// One area of the picture in which motion counts.
struct Zone {
    struct Corner {
        double x = 0, y = 0;  // 0..1 from the upper left
        bool operator==(const Corner&) const = default;
    };

    std::string name;
    std::string id;                              // a UUID; comes back in PirMotion::zones
    std::optional<std::vector<Corner>> corners;  // coords: four, clockwise in all samples
    std::optional<std::int64_t> color;           // 0xRRGGBB
    Fields others;
    bool operator==(const Zone&) const = default;
};

/// A camera takes no more.
inline constexpr std::size_t kMaxZones = 3;

/// Replaces all zones of the camera.
struct MotionZone {
    static constexpr std::string_view kType = "motionZone";

    std::vector<Zone> zones;  // intrZone
    Fields others;
    bool operator==(const MotionZone&) const = default;
};

/// The type exists on Pro 4 and Pro 5S; which states and which other members they take is
/// unconfirmed.
struct Siren {
    static constexpr std::string_view kType = "siren";

    std::string state;  // SirenState: "on"
    std::optional<std::int64_t> duration_s;
    std::optional<std::int64_t> volume;  // 1..8
    std::string pattern;                 // "alarm"
    Fields others;
    bool operator==(const Siren&) const = default;
};

/// One direction of a call with an audio doorbell.
struct AudioStream {
    std::optional<std::int64_t> payload_type;  // of RTP: 97
    std::string codec;                         // PayloadTypeString: "OPUS"
    std::optional<std::int64_t> bitrate_bps;
    std::optional<std::int64_t> port;  // UDP, of whoever listens
    std::optional<std::int64_t> id;
    Fields others;
    bool operator==(const AudioStream&) const = default;
};

/// The base will send sound; the answer names the doorbell's port.
struct RtpInvite {
    static constexpr std::string_view kType = "rtpInvite";

    AudioStream stream;
    std::optional<bool> button_pressed;
    Fields others;
    bool operator==(const RtpInvite&) const = default;
};

/// The doorbell shall send sound to the port in here.
struct RtpRequest {
    static constexpr std::string_view kType = "rtpRequest";

    AudioStream stream;
    Fields others;
    bool operator==(const RtpRequest&) const = default;
};

struct RtpBye {
    static constexpr std::string_view kType = "rtpBye";

    std::vector<std::int64_t> streams;  // their ids
    std::optional<bool> end_of_call;    // false: these directions only
    Fields others;
    bool operator==(const RtpBye&) const = default;
};

enum class Outcome : std::uint8_t {
    Unknown,        // a word that no source knows
    Missing,        // no word at all; the field takes it for an ack
    Ack,            // accepted
    AckWithErrors,  // some registers were refused: refused_registers()
    Nack,           // the type of the request is unknown
};

/// The answer to every message, under the ID of that message and on its connection.
struct Response {
    static constexpr std::string_view kType = "response";

    std::string serial;  // SystemSerialNumber: audio doorbells, in answers about calls
    std::string word;    // Response as sent: "Ack", "Ack with Errors", "Nack"
    std::optional<std::vector<std::string>> errors;
    std::optional<Fields> values;             // GetReturn: answer to registerGet
    std::optional<AudioStream> audio_stream;  // answer to rtpInvite and rtpRequest
    Fields others;
    bool operator==(const Response&) const = default;

    Outcome outcome() const;
    /// Names in errors of the form that cameras use for a register they do not take.
    std::vector<std::string> refused_registers() const;
};

Response make_ack();
/// Plain when no register was refused.
Response make_ack_with_errors(std::span<const std::string> refused_registers);
Response make_nack();

}  // namespace casement::protocols::arlo
