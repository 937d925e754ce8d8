#include "ffmpeg/demuxer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "ffmpeg/annex_b.hpp"
#include "ffmpeg/error.hpp"
#include "ffmpeg/handles.hpp"
#include "media/aac.hpp"
#include "media/parameter_sets.hpp"
#include "media/time.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using media::Codec;

// Only containers that hold their media themselves: playlists, concat scripts and the like name
// other files, and are not on the list.
constexpr const char* kFormats =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,flv,avi,ogg,wav,aac,h264,hevc";
constexpr int kBufferBytes = 64 * 1024;
// Enough for the first seconds of any camera's file; a larger search only delays the refusal of a
// broken one.
constexpr std::int64_t kProbeBytes = 4 * 1024 * 1024;
constexpr std::int64_t kProbeTime = 3 * AV_TIME_BASE;
constexpr int kMaxStreams = 32;
// Raw byte streams have no clock; this is what their tools assume too.
constexpr int kRawFps = 25;
constexpr std::size_t kMaxUnitBytes = media::NalJoiner::kMaxBytes;

struct FreeInput {
    void operator()(AVFormatContext* c) const { avformat_close_input(&c); }
    void operator()(AVIOContext* io) const {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
    void operator()(AVBSFContext* b) const { av_bsf_free(&b); }
};
using InputHandle = std::unique_ptr<AVFormatContext, FreeInput>;
using IoHandle = std::unique_ptr<AVIOContext, FreeInput>;
using FilterHandle = std::unique_ptr<AVBSFContext, FreeInput>;

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() { ::close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

int read_file(void* file, std::uint8_t* into, int size) {
    for (;;) {
        const ssize_t n =
            ::read(static_cast<File*>(file)->descriptor(), into, static_cast<std::size_t>(size));
        if (n > 0) return static_cast<int>(n);
        if (n == 0) return AVERROR_EOF;
        if (errno != EINTR) return AVERROR(errno);
    }
}

std::int64_t seek_file(void* file, std::int64_t offset, int whence) {
    const int descriptor = static_cast<File*>(file)->descriptor();
    if ((whence & AVSEEK_SIZE) != 0) {
        struct stat status{};
        return ::fstat(descriptor, &status) == 0 ? status.st_size : AVERROR(errno);
    }
    const off_t at = ::lseek(descriptor, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

// Whatever a file refers to stays closed.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EACCES);
}

std::optional<Codec> codec_of(AVCodecID id) {
    switch (id) {
        case AV_CODEC_ID_H264:
            return Codec::H264;
        case AV_CODEC_ID_HEVC:
            return Codec::H265;
        case AV_CODEC_ID_MJPEG:
            return Codec::Mjpeg;
        case AV_CODEC_ID_AAC:
            return Codec::Aac;
        case AV_CODEC_ID_OPUS:
            return Codec::Opus;
        case AV_CODEC_ID_PCM_ALAW:
            return Codec::Pcma;
        case AV_CODEC_ID_PCM_MULAW:
            return Codec::Pcmu;
        default:
            return std::nullopt;
    }
}

const char* filter_of(Codec codec) {
    if (codec == Codec::H264) return "h264_mp4toannexb";
    return codec == Codec::H265 ? "hevc_mp4toannexb" : nullptr;
}

}  // namespace

// One stream of the file that we keep.
struct Lane {
    const AVStream* stream = nullptr;
    media::Track track;
    FilterHandle filter;                       // H.264 and H.265: to the byte stream format
    std::optional<media::ParameterSets> sets;  // likewise
    bool adts = false;                         // AAC frames with their own headers
    std::int64_t units = 0;

    base::Result<> open(const AVStream& from, Codec codec, int id);
    base::Result<> open_audio();
    base::Result<> open_video();
    std::int64_t ticks(std::int64_t timestamp, std::int64_t origin_us) const;
};

struct Demuxer::State {
    std::filesystem::path path;
    std::unique_ptr<File> file;
    IoHandle io;
    InputHandle input;  // before io in destruction: it flushes through it
    std::vector<Lane> lanes;
    media::Tracks tracks;
    PacketHandle packet = make_packet();

    base::Result<> open();
    base::Result<> open_input();
    base::Result<> choose_lanes();
    base::Result<std::optional<media::AccessUnit>> to_unit(Lane& lane);
    base::Result<media::Bytes> video_data(Lane& lane, bool& key);
    std::int64_t origin_us() const {
        return input->start_time == AV_NOPTS_VALUE ? 0 : input->start_time;
    }
};

base::Result<> Lane::open_video() {
    const AVCodecParameters& from = *stream->codecpar;
    if (const char* name = filter_of(track.codec)) {
        AVBSFContext* context = nullptr;
        int code = av_bsf_alloc(av_bsf_get_by_name(name), &context);
        if (code < 0) return std::unexpected(to_error(code, name));
        filter.reset(context);
        code = avcodec_parameters_copy(filter->par_in, &from);
        if (code >= 0) code = av_bsf_init(filter.get());
        if (code < 0) return std::unexpected(to_error(code, "read the decoder configuration"));
        sets.emplace(track.codec);
        const AVCodecParameters& out = *filter->par_out;
        for (const media::ByteSpan nal :
             split_annex_b({out.extradata, static_cast<std::size_t>(out.extradata_size)}))
            sets->add(nal);
        track.parameters = sets->parameters();
        return {};
    }
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = track.codec;
    parameters->width = from.width;
    parameters->height = from.height;
    track.parameters = std::move(parameters);
    return {};
}

base::Result<> Lane::open_audio() {
    const AVCodecParameters& from = *stream->codecpar;
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = track.codec;
    parameters->sample_rate = track.codec == Codec::Opus ? 48'000 : from.sample_rate;
    parameters->channels = from.ch_layout.nb_channels;
    if (parameters->sample_rate <= 0 || parameters->channels <= 0)
        return base::fail(ErrorKind::DataLoss, "audio without a sample rate");
    if (track.codec == Codec::Aac) {
        adts = from.extradata_size == 0;
        media::Bytes config =
            media::Bytes::copy_of({from.extradata, static_cast<std::size_t>(from.extradata_size)});
        if (adts)
            config = media::aac::write_config(
                {.sample_rate = from.sample_rate, .channels = from.ch_layout.nb_channels});
        CASEMENT_TRY(*parameters, media::aac::make_parameters(config));
    }
    track.clock_rate = static_cast<std::uint32_t>(parameters->sample_rate);
    track.parameters = std::move(parameters);
    return {};
}

base::Result<> Lane::open(const AVStream& from, Codec codec, int id) {
    stream = &from;
    track = {.id = id, .clock_rate = 90'000, .parameters = nullptr, .codec = codec};
    return kind_of(codec) == media::Kind::Video ? open_video() : open_audio();
}

std::int64_t Lane::ticks(std::int64_t timestamp, std::int64_t origin_us) const {
    const AVRational target{1, static_cast<int>(track.clock_rate)};
    return av_rescale_q(timestamp, stream->time_base, target) -
           av_rescale_q(origin_us, AV_TIME_BASE_Q, target);
}

base::Result<> Demuxer::State::open_input() {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return std::unexpected(to_error(AVERROR(errno), fmt::format("open {}", path.string())));
    input.reset();
    file = std::make_unique<File>(descriptor);
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
    io.reset(
        avio_alloc_context(buffer, kBufferBytes, 0, file.get(), read_file, nullptr, seek_file));
    AVFormatContext* context = avformat_alloc_context();
    if (!io || context == nullptr) throw std::bad_alloc();
    context->pb = io.get();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    context->io_open = refuse_to_open;
    context->format_whitelist = av_strdup(kFormats);
    context->protocol_whitelist = av_strdup("");
    context->probesize = kProbeBytes;
    context->max_analyze_duration = kProbeTime;
    context->max_streams = kMaxStreams;
    int code =
        avformat_open_input(&context, "", nullptr, nullptr);  // frees the context when it fails
    if (code < 0) return std::unexpected(to_error(code, fmt::format("read {}", path.string())));
    input.reset(context);
    code = avformat_find_stream_info(context, nullptr);
    if (code < 0) return std::unexpected(to_error(code, fmt::format("read {}", path.string())));
    return {};
}

base::Result<> Demuxer::State::choose_lanes() {
    lanes.clear();
    for (const media::Kind kind : {media::Kind::Video, media::Kind::Audio}) {
        for (unsigned i = 0; i < input->nb_streams; ++i) {
            const auto codec = codec_of(input->streams[i]->codecpar->codec_id);
            const bool still =
                (input->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;  // cover art
            if (!codec || kind_of(*codec) != kind || still) continue;
            Lane lane;
            CASEMENT_TRY(lane.open(*input->streams[i], *codec, static_cast<int>(lanes.size())));
            lanes.push_back(std::move(lane));
            break;
        }
    }
    if (lanes.empty())
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "{} has no track that can be carried", path.string());
    return {};
}

base::Result<> Demuxer::State::open() {
    CASEMENT_TRY(open_input());
    CASEMENT_TRY(choose_lanes());
    if (tracks.empty()) {
        for (const Lane& lane : lanes) tracks.push_back(lane.track);
    }
    return {};
}

base::Result<media::Bytes> Demuxer::State::video_data(Lane& lane, bool& key) {
    int code = av_bsf_send_packet(lane.filter.get(), packet.get());
    if (code >= 0) code = av_bsf_receive_packet(lane.filter.get(), packet.get());
    if (code < 0) return std::unexpected(to_error(code, "read a picture"));
    media::NalJoiner joiner(lane.track.codec);
    for (const media::ByteSpan nal :
         split_annex_b({packet->data, static_cast<std::size_t>(packet->size)})) {
        if (!lane.sets->add(nal) && !joiner.add(nal))
            return base::fail(ErrorKind::ResourceExhausted, "a picture of more than {} bytes",
                              kMaxUnitBytes);
    }
    key = joiner.key();
    // By value: after a rewind the same sets are found anew.
    media::CodecParametersPtr& known = tracks[static_cast<std::size_t>(lane.track.id)].parameters;
    const media::CodecParametersPtr found = lane.sets->parameters();
    if (found != known && (!found || !known || *found != *known)) known = found;
    return joiner.take();
}

// Empty: nothing of this packet is media.
base::Result<std::optional<media::AccessUnit>> Demuxer::State::to_unit(Lane& lane) {
    if (packet->size <= 0 || static_cast<std::size_t>(packet->size) > kMaxUnitBytes)
        return std::nullopt;
    media::AccessUnit unit;
    unit.track = lane.track.id;
    unit.key = true;
    const std::int64_t counted = lane.units++ * lane.track.clock_rate / kRawFps;
    const std::int64_t dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    unit.dts = dts == AV_NOPTS_VALUE ? counted : lane.ticks(dts, origin_us());
    unit.pts = packet->pts == AV_NOPTS_VALUE ? unit.dts : lane.ticks(packet->pts, origin_us());
    if (lane.sets) {
        CASEMENT_TRY(unit.data, video_data(lane, unit.key));
    } else {
        media::ByteSpan data{packet->data, static_cast<std::size_t>(packet->size)};
        if (lane.adts) {
            const auto header = media::aac::parse_adts(data);
            if (!header || header->header_bytes >= data.size()) return std::nullopt;
            data = data.subspan(header->header_bytes);
        }
        unit.data = media::Bytes::copy_of(data);
    }
    if (unit.data.empty()) return std::nullopt;
    return unit;
}

Demuxer::Demuxer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Demuxer::~Demuxer() = default;

base::Result<std::unique_ptr<Demuxer>> Demuxer::open(const std::filesystem::path& file) {
    CASEMENT_TRY(load_libav());
    auto state = std::make_unique<State>();
    state->path = file;
    CASEMENT_TRY(state->open());
    return std::unique_ptr<Demuxer>(new Demuxer(std::move(state)));
}

const media::Tracks& Demuxer::tracks() const { return state_->tracks; }

base::Result<std::optional<media::AccessUnit>> Demuxer::next() {
    State& s = *state_;
    for (;;) {
        av_packet_unref(s.packet.get());
        const int code = av_read_frame(s.input.get(), s.packet.get());
        if (code == AVERROR_EOF) return std::nullopt;
        if (code < 0)
            return std::unexpected(to_error(code, fmt::format("read {}", s.path.string())));
        for (Lane& lane : s.lanes) {
            if (lane.stream->index != s.packet->stream_index) continue;
            CASEMENT_TRY(std::optional<media::AccessUnit> unit, s.to_unit(lane));
            if (unit) return unit;
        }
    }
}

base::Result<> Demuxer::rewind() { return state_->open(); }

}  // namespace casement::ffmpeg
