#pragma once
// What a publisher sends, as both session roles hand it out.

#include <cstdint>

#include "protocols/rtmp/message.hpp"

namespace casement::protocols::rtmp {

/// An audio or video message of a publisher: a tag body of FLV.
struct MediaMessage {
    MessageType type = MessageType::Video;  // Audio or Video
    std::uint32_t timestamp_ms = 0;
    media::Bytes body;
};
/// onMetaData of a publisher, without the @setDataFrame in front.
struct Metadata {
    media::Bytes body;  // AMF0: "onMetaData", object: as a script tag of FLV
};
}  // namespace casement::protocols::rtmp
