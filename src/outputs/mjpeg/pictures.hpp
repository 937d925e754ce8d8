#pragma once
// Key frames as JPEGs: decoded once for all who ask, remembered for when the camera is away, and
// sent one after the other (multipart/x-mixed-replace).

#include <memory>
#include <optional>
#include <string>

#include "async/blocking_pool.hpp"
#include "ffmpeg/snapshot.hpp"
#include "hub/stream.hpp"
#include "net/http_server.hpp"

namespace casement::outputs::mjpeg {

struct Snapshot {
    media::Bytes jpeg;
    base::WallTime taken_at{};  // when the camera saw it
};

/// Thread-safe; coroutines resume on the caller's executor. A key frame is decoded once per size
/// and quality, however many ask.
class Pictures {
public:
    /// `pool` decodes, and outlives this.
    explicit Pictures(async::BlockingPool& pool);

    /// Errors: Unavailable while the parameters are not known, and those of the decoder. A slate
    /// keeps the time of the picture it repeats.
    async::Task<base::Result<Snapshot>> picture_of(std::shared_ptr<hub::Stream> stream,
                                                   hub::LogEntry key, ffmpeg::JpegOptions options);

    /// The newest picture remembered of a camera: in this size, or else in another.
    std::optional<Snapshot> kept(const std::string& camera, ffmpeg::JpegOptions options) const;
    /// Remembers a picture that was not decoded here.
    void keep(const std::string& camera, ffmpeg::JpegOptions options, Snapshot picture);
    std::optional<base::WallTime> taken_at(const std::string& camera) const;

    /// A response that never ends: one part per key frame, or per picture of an MJPEG camera.
    net::Response stream(std::shared_ptr<hub::Stream> stream, const net::Request& request);

private:
    struct Memory;
    async::Task<> send_parts(std::shared_ptr<hub::Stream> stream, ffmpeg::JpegOptions options,
                             async::Executor executor, std::string remote, net::BodyWriter& body);

    async::BlockingPool& pool_;
    const std::shared_ptr<Memory> memory_;  // shared with the decodings under way
};

/// The pictures of one stream as they come. Lives on the executor given.
class PictureReader {
public:
    PictureReader(Pictures& pictures, const std::shared_ptr<hub::Stream>& stream,
                  const async::Executor& executor, hub::ReaderOptions who,
                  ffmpeg::JpegOptions options = {})
        : pictures_(pictures),
          reader_(stream->subscribe(executor, std::move(who))),
          options_(options) {}

    /// The next key frame that can be decoded, taken at or after `not_before` (a slate never is).
    /// Errors as hub::Reader::next.
    async::Task<base::Result<Snapshot>> next(
        std::optional<base::WallTime> not_before = std::nullopt);

private:
    Pictures& pictures_;
    hub::Reader reader_;
    const ffmpeg::JpegOptions options_;
    hub::TracksPtr tracks_;
};

/// `width` (pixels) and `quality` (1 to 100) of a request.
ffmpeg::JpegOptions options_of(const net::Request& request);

}  // namespace casement::outputs::mjpeg
