#include "outputs/mse/codec_choice.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace casement::outputs::mse {

namespace {

using base::ErrorKind;
using media::Codec;
using media::Kind;

constexpr std::size_t kMaxFamilies = 64;  // browsers send ten

std::string_view family_of(Codec codec) {
    switch (codec) {
        case Codec::H264:
            return "avc1";
        case Codec::H265:
            return "hvc1";
        case Codec::Aac:
            return "mp4a";
        case Codec::Opus:
            return "opus";
        default:
            return {};  // no browser plays G.711 or JPEG out of MP4
    }
}

const media::Track* first_of(const media::Tracks& tracks, Kind kind) {
    const auto found =
        std::ranges::find(tracks, kind, [](const media::Track& t) { return t.kind(); });
    return found == tracks.end() ? nullptr : &*found;
}

}  // namespace

CodecList CodecList::parse(std::string_view text) {
    CodecList out;
    while (!text.empty() && out.families_.size() < kMaxFamilies) {
        std::string_view item = base::trimmed(base::take_until(text, ','));
        std::string family = base::lower_case(base::take_until(item, '.'));
        if (family == "hev1") family = "hvc1";
        if (!family.empty() && std::ranges::find(out.families_, family) == out.families_.end())
            out.families_.push_back(std::move(family));
    }
    return out;
}

bool CodecList::plays(Codec codec) const {
    const std::string_view family = family_of(codec);
    return !family.empty() &&
           (families_.empty() || std::ranges::find(families_, family) != families_.end());
}

std::string CodecList::to_text() const {
    std::string out;
    for (const std::string& family : families_) out += (out.empty() ? "" : ",") + family;
    return out.empty() ? "everything" : out;
}

std::string CodecChoice::name() const {
    std::string out;
    if (video) out = media::to_string(video->codec);
    if (audio)
        out += fmt::format("{}{}", out.empty() ? "" : "+",
                           media::to_string(transcode_to.value_or(audio->codec)));
    return out;
}

base::Result<CodecChoice> choose_codecs(const media::Tracks& tracks, const CodecList& list) {
    CodecChoice out;
    const media::Track* video = first_of(tracks, Kind::Video);
    const media::Track* audio = first_of(tracks, Kind::Audio);
    if (video != nullptr && list.plays(video->codec)) {
        if (!video->parameters)
            return base::fail(ErrorKind::Unavailable,
                              "the camera has not sent its parameter sets yet");
        out.video = *video;
    } else if (video != nullptr) {
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "this browser does not play {}; it plays {}",
                                  media::to_string(video->codec), list.to_text());
    }
    if (audio != nullptr && audio->parameters) {
        if (list.plays(audio->codec)) {
            out.audio = *audio;
        } else if (list.plays(Codec::Aac) || list.plays(Codec::Opus)) {
            out.audio = *audio;
            out.transcode_to = list.plays(Codec::Aac) ? Codec::Aac : Codec::Opus;
        }
    }
    if (!out.video && !out.audio)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "nothing of this stream can be played; the browser plays {}",
                                  list.to_text());
    return out;
}

std::string mime_of(const media::Tracks& tracks) {
    std::string names;
    for (const media::Track& track : tracks)
        names += (names.empty() ? "" : ",") + track.parameters->rfc6381();
    return "video/mp4; codecs=\"" + names + "\"";
}

}  // namespace casement::outputs::mse
