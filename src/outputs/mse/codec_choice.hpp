#pragma once
// Which tracks a browser gets, and as what: the stream's codecs against the list that the browser
// says it plays.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "media/track.hpp"

namespace casement::outputs::mse {

/// What a client can play: "avc1.640029,hvc1.1.6.L153.B0,mp4a.40.2,opus". An empty list means
/// everything that MP4 carries.
class CodecList {
public:
    static CodecList parse(std::string_view text);
    bool plays(media::Codec codec) const;
    std::string to_text() const;

private:
    std::vector<std::string> families_;  // "avc1", "mp4a", lower case, without what follows the dot
};

struct CodecChoice {
    std::optional<media::Track> video;
    std::optional<media::Track> audio;         // as the stream has it
    std::optional<media::Codec> transcode_to;  // audio has to become this first

    /// "h264+aac": equal for all who get the same.
    std::string name() const;
};

/// Unsupported (reason `codec`) when neither video nor audio can be played; Unavailable while
/// parameters are not known yet.
base::Result<CodecChoice> choose_codecs(const media::Tracks& tracks, const CodecList& list);

/// video/mp4; codecs="avc1.640029,mp4a.40.2"
std::string mime_of(const media::Tracks& tracks);

}  // namespace casement::outputs::mse
