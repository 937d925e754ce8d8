#pragma once
// Somebody talks through a camera, into its stream that is open.

#include <memory>
#include <optional>
#include <vector>

#include "async/blocking_pool.hpp"
#include "camera/back_channel.hpp"
#include "camera/talk.hpp"
#include "ffmpeg/speex_encoder.hpp"

namespace casement::drivers::nest {

/// Takes mu-law of 16 kHz and sends it as Speex, at the pace of its sound. Lives on the executor of
/// whoever writes first.
class Talk final : public camera::TalkSink {
public:
    /// The pool outlives it. Unavailable while the stream is not open, Unsupported without
    /// libspeex. Blocks for some milliseconds.
    static base::Result<std::unique_ptr<Talk>> begin(std::shared_ptr<camera::BackChannel> channel,
                                                     async::BlockingPool& pool);
    ~Talk() override;

    std::vector<media::CodecParametersPtr> accepted() const override;
    camera::Duplex duplex() const override { return camera::Duplex::Full; }
    /// InvalidArgument for another format; FailedPrecondition after close(); Unavailable when the
    /// stream ended.
    async::Task<base::Result<>> write(media::AccessUnitPtr unit, std::size_t format) override;
    async::Task<base::Result<>> close() override;

private:
    using Packets = std::vector<std::vector<std::uint8_t>>;
    Talk(std::shared_ptr<camera::BackChannel> channel, async::BlockingPool& pool,
         ffmpeg::SpeexEncoder encoder);
    async::Task<base::Result<>> send(Packets packets);

    const std::shared_ptr<camera::BackChannel> channel_;
    async::BlockingPool& pool_;
    const std::shared_ptr<ffmpeg::SpeexEncoder> encoder_;  // shared with the pool while it encodes
    std::optional<std::chrono::steady_clock::time_point> due_;  // of the next packet
    bool has_spoken_ = false;
    bool is_closed_ = false;
};

}  // namespace casement::drivers::nest
