#pragma once
// From pictures as they come to a stream: encoded to H.264, or passed on as they are.

#include <memory>
#include <optional>

#include "async/bell.hpp"
#include "ffmpeg/jpeg_to_h264.hpp"
#include "hub/stream_writer.hpp"
#include "sources/http/multipart_pictures.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources::http {

enum class Pictures : std::uint8_t {
    ToH264,     // what every viewer and the recorder can use
    AsTheyAre,  // MJPEG: cheap, but few viewers can show it
};

/// One per run; lives on its executor. Pictures are stamped with their time of arrival, the only
/// time there is.
class PicturePublisher {
public:
    PicturePublisher(const async::Executor& executor, Surroundings surroundings, Pictures pictures);

    /// Never waits. When the encoder is still busy, the newest picture wins and the one it replaces
    /// is counted as lost.
    void offer(JpegPicture picture);

    /// Publishes until cancelled, or until the encoder cannot go on.
    async::Task<base::Result<>> run(hub::StreamWriter& writer);

private:
    async::Task<base::Result<>> publish(media::AccessUnit unit, media::jpeg::Info info,
                                        hub::StreamWriter& writer);
    void announce(const media::Track& track, hub::StreamWriter& writer);

    const Surroundings surroundings_;
    const Pictures pictures_;
    const base::SteadyTime start_;
    std::shared_ptr<ffmpeg::JpegToH264> encoder_;  // shared with the pool while it encodes
    struct Waiting {
        JpegPicture picture;
        base::SteadyTime at;
        base::WallTime wall;
    };
    std::optional<Waiting> waiting_;
    std::uint64_t replaced_ = 0;  // since the last picture that was published
    std::int64_t last_pts_ = -1;
    media::CodecParametersPtr announced_;
    async::Bell bell_;
};

}  // namespace casement::sources::http
