#pragma once
// The media side of a session that publishes: RTMP messages in, units into the camera's stream.

#include <memory>
#include <string>

#include "base/log.hpp"
#include "formats/flv_demuxer.hpp"
#include "hub/push_door.hpp"
#include "protocols/rtmp/events.hpp"

namespace casement::outputs::rtmp {

/// Owned by its session, on its thread. Its destruction tells the camera that the publisher has
/// left.
class Publisher {
public:
    Publisher(std::unique_ptr<hub::Publication> publication, base::Log log);

    const std::string& camera() const { return publication_->camera(); }
    /// Somebody watches its camera at this moment.
    bool is_watched() const { return publication_->writer().is_watched(); }
    /// Errors end the session: what comes cannot be carried, or is broken for seconds.
    base::Result<> on_media(const protocols::rtmp::MediaMessage& message,
                            formats::flv::Arrival arrival);
    void on_metadata(const protocols::rtmp::Metadata& metadata, formats::flv::Arrival arrival);

private:
    base::Result<> push(formats::flv::TagType type, std::uint32_t timestamp_ms,
                        const media::Bytes& body, formats::flv::Arrival arrival);

    const std::unique_ptr<hub::Publication> publication_;
    const base::Log log_;
    formats::flv::Demuxer demuxer_;
    int version_ = 0;
    bool told_left_out_ = false;
};

}  // namespace casement::outputs::rtmp
