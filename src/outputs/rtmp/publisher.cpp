#include "outputs/rtmp/publisher.hpp"

#include <utility>

namespace casement::outputs::rtmp {

using formats::flv::Arrival;
using formats::flv::TagType;
using protocols::rtmp::MessageType;

Publisher::Publisher(std::unique_ptr<hub::Publication> publication, base::Log log)
    : publication_(std::move(publication)), log_(log.with("camera", publication_->camera())) {
    log_.info("A camera publishes over RTMP");
}

base::Result<> Publisher::on_media(const protocols::rtmp::MediaMessage& message, Arrival arrival) {
    return push(message.type == MessageType::Video ? TagType::Video : TagType::Audio,
                message.timestamp_ms, message.body, arrival);
}

void Publisher::on_metadata(const protocols::rtmp::Metadata& metadata, Arrival arrival) {
    (void)push(TagType::Script, 0, metadata.body, arrival);  // metadata never fails
}

base::Result<> Publisher::push(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                               Arrival arrival) {
    CASEMENT_TRY(demuxer_.push(type, timestamp_ms, body, arrival));
    if (demuxer_.version() != version_) {
        version_ = demuxer_.version();
        publication_->writer().set_tracks(demuxer_.tracks());
    }
    while (auto unit = demuxer_.next()) publication_->writer().publish(std::move(*unit));
    if (!demuxer_.left_out().empty() && !std::exchange(told_left_out_, true))
        log_.warn("The sound is left out: {}", demuxer_.left_out());
    return {};
}

}  // namespace casement::outputs::rtmp
