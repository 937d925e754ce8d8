#pragma once
// The FLV file around the tags (FLV 10.1 §E.2, §E.3): what HTTP-FLV sends.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "formats/flv.hpp"

namespace casement::formats::flv {

inline constexpr std::size_t kTagHeaderBytes = 11;
inline constexpr std::size_t kTagTrailerBytes = 4;  // PreviousTagSize

/// Nine bytes and the first PreviousTagSize.
std::vector<std::uint8_t> file_header(bool has_audio, bool has_video);
/// Appends one whole tag: header, the pieces of its body, PreviousTagSize. The body is under 16 MiB
/// (24-bit length).
void append_tag(std::vector<std::uint8_t>& out, TagType type, std::uint32_t timestamp_ms,
                std::initializer_list<media::ByteSpan> body);

struct Tag {
    TagType type = TagType::Script;
    std::uint32_t timestamp_ms = 0;
    media::ByteSpan body;  // into the input
};

/// Walks a whole file in memory. Tags of unknown type are skipped.
class FileReader {
public:
    /// DataLoss when `file` is no FLV file.
    static base::Result<FileReader> open(media::ByteSpan file);
    /// nullopt at the end; DataLoss when a tag is cut off.
    base::Result<std::optional<Tag>> next();

private:
    explicit FileReader(media::ByteSpan rest) : rest_(rest) {}
    media::ByteSpan rest_;
};

}  // namespace casement::formats::flv
