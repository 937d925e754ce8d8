#include "formats/flv_demuxer.hpp"

#include <algorithm>
#include <utility>

#include "formats/annexb.hpp"
#include "formats/avcc.hpp"
#include "formats/hvcc.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "media/h265.hpp"
#include "media/opus.hpp"
#include "media/time.hpp"

namespace casement::formats::flv {

using base::ErrorKind;
using base::fail;
using base::Result;
using media::Codec;

namespace {

constexpr std::uint32_t kVideoClock = 90'000;
constexpr std::int64_t kTicksPerMs = kVideoClock / 1000;

/// `part` lies inside `whole`; shares its block.
media::Bytes slice_of(const media::Bytes& whole, media::ByteSpan part) {
    if (part.empty()) return {};
    return whole.slice(static_cast<std::size_t>(part.data() - whole.data()), part.size());
}

bool is_key_picture(Codec codec, media::ByteSpan access_unit) {
    return codec == Codec::H264 ? media::h264::is_key(access_unit)
                                : media::h265::is_key(access_unit);
}

std::uint32_t clock_rate_of(const media::CodecParameters& parameters) {
    return media::kind_of(parameters.codec) == media::Kind::Video
               ? kVideoClock
               : static_cast<std::uint32_t>(parameters.sample_rate);
}

}  // namespace

Result<> Demuxer::push(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                       Arrival arrival) {
    auto taken = take(type, timestamp_ms, body, arrival);
    if (taken) {
        broken_in_a_row_ = 0;
        return {};
    }
    if (!taken.error().is(ErrorKind::DataLoss)) return taken;
    ++broken_tags_;
    if (++broken_in_a_row_ < kMaxBrokenTags) return {};
    return std::unexpected(taken.error().within(
        fmt::format("{} broken audio or video messages in a row", broken_in_a_row_)));
}

std::optional<media::AccessUnit> Demuxer::next() {
    if (!settled_) return std::nullopt;
    while (next_kept_ < kept_.size()) {
        Kept& kept = kept_[next_kept_++];
        kept.unit.track = (kept.video ? video_ : audio_).track;
        return std::move(kept.unit);
    }
    kept_.clear();
    next_kept_ = 0;
    return std::nullopt;
}

Result<> Demuxer::take(TagType type, std::uint32_t timestamp_ms, const media::Bytes& body,
                       Arrival arrival) {
    if (type == TagType::Script) {
        take_script(body);
        return {};
    }
    auto tag = type == TagType::Video ? parse_video(body) : parse_audio(body);
    if (!tag) {
        if (type == TagType::Audio && tag.error().is(ErrorKind::Unsupported))
            return leave_out(std::move(tag).error(), timestamp_ms, arrival);
        return std::unexpected(std::move(tag).error());
    }
    if (tag->part == Part::Other) return {};
    if (tag->part == Part::Configuration)
        return type == TagType::Video ? configure_video(*tag) : configure_audio(*tag);
    const std::int64_t ms = advance(timestamp_ms, arrival);
    if (tag->part == Part::End) return {};
    CASEMENT_TRY(type == TagType::Video ? take_video(*tag, ms, body, arrival)
                                        : take_audio(*tag, ms, body, arrival));
    settle_if_due(ms);
    return {};
}

std::int64_t Demuxer::advance(std::uint32_t timestamp_ms, Arrival arrival) {
    const auto [ms, restarted] = timeline_.at(timestamp_ms, arrival.steady);
    if (restarted) {
        video_.restarted = audio_.restarted = true;
        audio_clock_.reset();
    }
    if (!first_ms_) first_ms_ = ms;
    return ms;
}

/// A stream is worth having without its audio, but one with nothing else has to say why it stays
/// dark.
Result<> Demuxer::leave_out(base::Error error, std::uint32_t timestamp_ms, Arrival arrival) {
    left_out_ = error.message();
    const std::int64_t ms = advance(timestamp_ms, arrival);
    const bool alone = !video_.parameters && ms - *first_ms_ >= kAloneTime.count();
    return alone ? Result<>(std::unexpected(std::move(error))) : Result<>();
}

Result<> Demuxer::take_video(const TagBody& tag, std::int64_t ms, const media::Bytes& body,
                             Arrival arrival) {
    if (!sets_ || !video_.parameters || video_.parameters->codec != tag.codec || tag.data.empty())
        return {};
    CASEMENT_TRY(auto data, to_access_unit(slice_of(body, tag.data), tag.codec, nal_length_bytes_,
                                           sets_.get()));
    if (auto parameters = sets_->parameters(); parameters && parameters != video_.parameters)
        set_parameters(video_, std::move(parameters));
    if (data.empty()) return {};
    const bool key = is_key_picture(tag.codec, data);
    saw_key_picture_ |= key;
    media::AccessUnit unit;
    // Encoders with intra refresh send no IDR picture at all: then the tag's word counts.
    unit.key = key || (tag.key && !saw_key_picture_);
    unit.dts = ms * kTicksPerMs;
    unit.pts = unit.dts + tag.composition_ms * kTicksPerMs;
    unit.received_at = arrival.steady;
    unit.wall = arrival.wall;
    unit.data = std::move(data);
    keep(video_, std::move(unit));
    return {};
}

Result<> Demuxer::take_audio(const TagBody& tag, std::int64_t ms, const media::Bytes& body,
                             Arrival arrival) {
    if (tag.data.empty()) return {};
    CASEMENT_TRY(configure_unannounced_audio(tag));
    if (!audio_.parameters || audio_.parameters->codec != tag.codec) return {};
    CASEMENT_TRY(const int samples, samples_of(tag));
    media::AccessUnit unit;
    unit.key = true;
    unit.dts = unit.pts = audio_clock_.at(ms, samples, audio_.parameters->sample_rate);
    unit.received_at = arrival.steady;
    unit.wall = arrival.wall;
    unit.data = slice_of(body, tag.data);
    keep(audio_, std::move(unit));
    return {};
}

Result<int> Demuxer::samples_of(const TagBody& tag) const {
    switch (tag.codec) {
        case Codec::Aac:
            return aac_frame_ticks_;
        case Codec::Opus: {
            const int samples = media::opus::packet_samples(tag.data);
            if (samples == 0) return fail(ErrorKind::DataLoss, "broken Opus packet");
            return samples;
        }
        default:
            return static_cast<int>(tag.data.size()) / std::max(audio_.parameters->channels, 1);
    }
}

Result<> Demuxer::configure_video(const TagBody& tag) {
    // A repeated set-up changes nothing: what came in-band since then stays in force.
    if (video_.parameters && std::ranges::equal(tag.data, video_record_)) return {};
    media::CodecParameters parameters;
    if (tag.codec == Codec::H264) {
        CASEMENT_TRY(auto record, parse_avcc(tag.data));
        nal_length_bytes_ = record.nal_length_bytes;
        parameters = std::move(record.parameters);
    } else {
        CASEMENT_TRY(auto record, parse_hvcc(tag.data));
        nal_length_bytes_ = record.nal_length_bytes;
        parameters = std::move(record.parameters);
    }
    video_record_ = media::Bytes::copy_of(tag.data);
    sets_ = std::make_unique<media::ParameterSets>(parameters);
    auto shared = sets_->parameters();
    set_parameters(video_,
                   shared ? std::move(shared)
                          : std::make_shared<const media::CodecParameters>(std::move(parameters)));
    return {};
}

Result<> Demuxer::configure_audio(const TagBody& tag) {
    if (tag.codec == Codec::Opus) {
        // RFC 7845 §5.1: channel count is byte 9 of the identification header.
        const int channels = tag.data.size() > 9 ? tag.data[9] : 2;
        set_parameters(audio_, std::make_shared<const media::CodecParameters>(
                                   media::opus::make_parameters(channels)));
        return {};
    }
    auto config = media::aac::parse_config(tag.data);
    auto parameters = config ? media::aac::make_parameters(media::Bytes::copy_of(tag.data))
                             : std::unexpected(config.error());
    if (!parameters) {
        if (!parameters.error().is(ErrorKind::Unsupported))
            return std::unexpected(parameters.error());
        left_out_ = parameters.error().message();
        return {};
    }
    aac_frame_ticks_ = config->samples_per_frame();
    set_parameters(audio_, std::make_shared<const media::CodecParameters>(std::move(*parameters)));
    return {};
}

/// G.711 has no set-up message, and Opus needs none when its channels can be read off the packets.
Result<> Demuxer::configure_unannounced_audio(const TagBody& tag) {
    if (audio_.parameters && audio_.parameters->codec == tag.codec) {
        if (tag.codec != Codec::Pcma && tag.codec != Codec::Pcmu) return {};
        if (audio_.parameters->channels == tag.channels) return {};
    }
    if (tag.codec == Codec::Opus) {
        const int channels = media::opus::is_stereo(tag.data) ? 2 : 1;
        set_parameters(audio_, std::make_shared<const media::CodecParameters>(
                                   media::opus::make_parameters(channels)));
    } else if (tag.codec != Codec::Aac) {
        media::CodecParameters parameters;
        parameters.codec = tag.codec;
        parameters.sample_rate = tag.sample_rate;
        parameters.channels = tag.channels;
        set_parameters(audio_,
                       std::make_shared<const media::CodecParameters>(std::move(parameters)));
    }
    return {};
}

void Demuxer::take_script(const media::Bytes& body) {
    auto values = amf0::parse(body);
    if (!values) return;  // metadata is a hint: a broken one costs the settle time
    auto value = values->begin();
    if (value != values->end() && value->text() == "@setDataFrame") ++value;
    if (value == values->end() || value->text() != "onMetaData" || ++value == values->end()) return;
    metadata_ = std::move(*value);
    const auto names = [this](std::string_view name) { return metadata_.find(name) != nullptr; };
    video_.announced = names("videocodecid") || names("width");
    audio_.announced = names("audiocodecid") || names("audiosamplerate");
}

void Demuxer::set_parameters(Stream& stream, media::CodecParametersPtr parameters) {
    if (stream.parameters && *stream.parameters == *parameters) return;
    stream.parameters = std::move(parameters);
    if (!settled_) return;
    if (stream.track < 0) {
        add_track(stream);
    } else {
        media::Track& track = tracks_[static_cast<std::size_t>(stream.track)];
        track.parameters = stream.parameters;
        track.codec = stream.parameters->codec;
        track.clock_rate = clock_rate_of(*stream.parameters);
    }
    ++version_;
}

void Demuxer::keep(Stream& stream, media::AccessUnit unit) {
    unit.discontinuity = std::exchange(stream.restarted, false);
    // Time of a track never decreases, whatever its sender does; pts keeps its distance.
    if (stream.started && unit.dts < stream.last_dts) {
        unit.pts += stream.last_dts - unit.dts;
        unit.dts = stream.last_dts;
    }
    stream.started = true;
    stream.last_dts = unit.dts;
    if (!settled_) kept_bytes_ += unit.data.size();
    kept_.push_back({&stream == &video_, std::move(unit)});
}

void Demuxer::settle_if_due(std::int64_t ms) {
    if (settled_ || (!video_.parameters && !audio_.parameters)) return;
    const bool both = video_.parameters && audio_.parameters;
    const bool announced = (video_.announced || audio_.announced) &&
                           (!video_.announced || video_.parameters) &&
                           (!audio_.announced || audio_.parameters);
    if (both || announced || ms - *first_ms_ >= kSettleTime.count() ||
        kept_.size() >= kMaxKeptUnits || kept_bytes_ >= kMaxKeptBytes) {
        settle();
    }
}

void Demuxer::settle() {
    settled_ = true;
    for (Stream* stream : {&video_, &audio_}) {
        if (stream->parameters) add_track(*stream);
    }
    ++version_;
}

void Demuxer::add_track(Stream& stream) {
    stream.track = static_cast<int>(tracks_.size());
    tracks_.push_back({.id = stream.track,
                       .clock_rate = clock_rate_of(*stream.parameters),
                       .parameters = stream.parameters,
                       .codec = stream.parameters->codec});
}

}  // namespace casement::formats::flv
