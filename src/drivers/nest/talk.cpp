#include "drivers/nest/talk.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"

namespace casement::drivers::nest {

using async::Task;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::chrono::milliseconds kPacketTime{80};
// Ten seconds of sound at once are no talk.
constexpr std::size_t kMaxUnitBytes = 160'000;

/// ITU-T G.711 table 2a.
std::int16_t from_mu_law(std::uint8_t code) {
    const int inverted = ~code & 0xFF;
    const int magnitude = (((inverted & 0x0F) << 3) + 0x84) << (inverted >> 4 & 7);
    const int value = magnitude - 0x84;
    return static_cast<std::int16_t>((inverted & 0x80) != 0 ? -value : value);
}

}  // namespace

Talk::Talk(std::shared_ptr<camera::BackChannel> channel, async::BlockingPool& pool,
           ffmpeg::SpeexEncoder encoder)
    : channel_(std::move(channel)),
      pool_(pool),
      encoder_(std::make_shared<ffmpeg::SpeexEncoder>(std::move(encoder))) {}

Talk::~Talk() {
    if (has_spoken_ && !is_closed_) channel_->post({});
}

Result<std::unique_ptr<Talk>> Talk::begin(std::shared_ptr<camera::BackChannel> channel,
                                          async::BlockingPool& pool) {
    if (!channel || !channel->is_open())
        return base::fail(ErrorKind::Unavailable,
                          "one can talk while the camera's live pictures are open");
    CASEMENT_TRY(auto encoder, ffmpeg::SpeexEncoder::open());
    return std::unique_ptr<Talk>(new Talk(std::move(channel), pool, std::move(encoder)));
}

std::vector<media::CodecParametersPtr> Talk::accepted() const {
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = media::Codec::Pcmu;
    parameters->sample_rate = ffmpeg::SpeexEncoder::kSampleRate;
    parameters->channels = 1;
    return {std::move(parameters)};
}

Task<Result<>> Talk::write(media::AccessUnitPtr unit, std::size_t format) {
    if (format != 0 || unit->data.size() > kMaxUnitBytes)
        co_return base::fail(ErrorKind::InvalidArgument, "no such format, or too much at once");
    if (is_closed_) co_return base::fail(ErrorKind::FailedPrecondition, "the talk has ended");
    auto work = [encoder = encoder_, unit]() -> Result<Packets> {
        std::vector<std::int16_t> samples;
        samples.reserve(unit->data.size());
        std::ranges::transform(unit->data, std::back_inserter(samples), from_mu_law);
        Packets packets;
        CASEMENT_TRY(encoder->put(samples, packets));
        return packets;
    };
    CASEMENT_CO_TRY(auto packets, co_await pool_.run(std::move(work)));
    co_return co_await send(std::move(packets));
}

/// A camera plays what comes at once.
Task<Result<>> Talk::send(Packets packets) {
    for (auto& packet : packets) {
        const auto now = std::chrono::steady_clock::now();
        if (!due_ || *due_ < now) due_ = now;
        CASEMENT_CO_TRY(co_await async::sleep_for(*due_ - now));
        *due_ += kPacketTime;
        has_spoken_ = true;
        CASEMENT_CO_TRY(co_await channel_->send(std::move(packet)));
    }
    co_return Result<>{};
}

/// An empty packet ends it.
Task<Result<>> Talk::close() {
    if (std::exchange(is_closed_, true)) co_return Result<>{};
    auto work = [encoder = encoder_]() -> Result<Packets> {
        Packets packets;
        CASEMENT_TRY(encoder->finish(packets));
        return packets;
    };
    CASEMENT_CO_TRY(auto packets, co_await pool_.run(std::move(work)));
    CASEMENT_CO_TRY(co_await send(std::move(packets)));
    if (!has_spoken_) co_return Result<>{};
    co_return co_await channel_->send({});
}

}  // namespace casement::drivers::nest
