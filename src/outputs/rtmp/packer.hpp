#pragma once
// Access units to RTMP messages as viewers get them.

#include <optional>
#include <vector>

#include "outputs/fanout/wire_unit.hpp"
#include "protocols/rtmp/chunk_writer.hpp"

namespace casement::outputs::rtmp {

/// RTMP carries one video and one audio: the first of each. Every key unit stands behind the
/// decoder set-up of both, so a viewer may start there.
class RtmpPacker final : public fanout::Packer {
public:
    base::Result<> set_tracks(const media::Tracks& tracks) override;
    void pack(const media::AccessUnit& unit, fanout::WireUnit& into) override;

private:
    struct Lane {
        media::Track track;
        protocols::rtmp::MessageHeader header;    // all but the timestamp
        std::vector<std::uint8_t> configuration;  // message body; empty for codecs that need none
    };
    void pack_configurations(std::uint32_t timestamp_ms, protocols::rtmp::OutBytes& out);

    std::optional<Lane> video_, audio_;
    bool configurations_due_ = false;
};

/// The data message with onMetaData that a viewer gets before its first unit.
void append_metadata(protocols::rtmp::OutBytes& out, const media::Tracks& tracks);
/// The tracks of a stream that RTMP can carry: at most one video and one audio.
media::Tracks carried(const media::Tracks& tracks);

}  // namespace casement::outputs::rtmp
