#pragma once
// Access units to RTMP messages as viewers get them.

#include <memory>
#include <optional>
#include <vector>

#include "ffmpeg/audio_transcoder.hpp"
#include "outputs/fanout/wire_unit.hpp"
#include "protocols/rtmp/chunk_writer.hpp"

namespace casement::outputs::rtmp {

/// Opus came to RTMP late (Enhanced RTMP, 2024). A player that did not say in its connect that it
/// takes Opus most likely hangs on it, so it gets AAC. H.265 is sent to everybody: most players
/// that know it do not say so, and the others have nothing else to gain.
enum class OpusAs : std::uint8_t { Opus, Aac };

/// RTMP carries one video and one audio: the first of each. Every key unit stands behind the
/// decoder set-up of both, so a viewer may start there.
class RtmpPacker final : public fanout::Packer {
public:
    explicit RtmpPacker(OpusAs opus_as = OpusAs::Opus) : opus_as_(opus_as) {}

    base::Result<> set_tracks(const media::Tracks& tracks) override;
    void pack(const media::AccessUnit& unit, fanout::WireUnit& into) override;

private:
    struct Lane {
        media::Track source;
        media::Track track;                       // as it is sent; with the id of the source
        protocols::rtmp::MessageHeader header;    // all but the timestamp
        std::vector<std::uint8_t> configuration;  // message body; empty for codecs that need none
    };
    bool is_transcoded(const media::Track& track) const;
    base::Result<media::Track> sent_as(const media::Track& track);
    void pack_configurations(std::uint32_t timestamp_ms, protocols::rtmp::OutBytes& out);
    static void pack(const Lane& lane, const media::AccessUnit& unit, fanout::WireUnit& into);

    const OpusAs opus_as_;
    std::optional<Lane> video_, audio_;
    std::unique_ptr<ffmpeg::AudioTranscoder> transcoder_;  // of the audio
    std::vector<media::AccessUnit> transcoded_;            // scratch
    bool configurations_due_ = false;
};

/// The data message with onMetaData that a viewer gets before its first unit.
void append_metadata(protocols::rtmp::OutBytes& out, const media::Tracks& tracks,
                     OpusAs opus_as = OpusAs::Opus);
/// The tracks of a stream that RTMP can carry: at most one video and one audio.
media::Tracks carried(const media::Tracks& tracks);

}  // namespace casement::outputs::rtmp
