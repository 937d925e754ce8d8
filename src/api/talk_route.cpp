// Somebody speaks through a camera: a sound file goes in, the camera plays it.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"
#include "ffmpeg/sound.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

/// A minute of CD sound has 10 MB, of MP3 1 MB.
constexpr std::size_t kMaxFileBytes = std::size_t{12} << 20;
constexpr std::chrono::milliseconds kLongest{60'000};
/// Each holds its file and up to 12 MB of samples.
constexpr int kMaxAtOnce = 4;
/// A battery camera may take so long to wake.
constexpr std::chrono::seconds kWakesWithin{60};

/// The camera's best format that can be made here, and the sound in it.
struct Speech {
    std::size_t format = 0;
    std::vector<media::AccessUnit> units;
};

Result<Speech> speech_in(const ffmpeg::Sound& sound,
                         const std::vector<media::CodecParametersPtr>& accepted) {
    base::Error last{ErrorKind::Unsupported, "The camera names no sound that it takes."};
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        auto units = sound.encode(*accepted[i]);
        if (units) return Speech{i, std::move(*units)};
        last = units.error();
    }
    return std::unexpected(std::move(last));
}

async::Task<Result<>> play(camera::TalkSink& sink, std::vector<media::AccessUnit> units,
                           std::size_t format) {
    for (media::AccessUnit& unit : units) {
        CASEMENT_CO_TRY(co_await sink.write(
            std::make_shared<const media::AccessUnit>(std::move(unit)), format));
    }
    co_return co_await sink.close();
}

std::string sentence(std::chrono::milliseconds duration, camera::Duplex duplex) {
    std::string out = fmt::format("Played {:.1f} s.", static_cast<double>(duration.count()) / 1000);
    if (duplex == camera::Duplex::Half) out += " The camera's own sound pauses while it plays.";
    return out;
}

/// Answers when the camera has played it.
async::Task<Result<Response>> speak(ContextPtr context, Request request) {
    CASEMENT_CO_TRY(const auto camera, camera_of(*context, request.capture("id")));
    const std::string id = camera->description.id;
    if (!camera->description.capabilities.has(camera::Capability::TwoWayAudio))
        co_return base::fail(ErrorKind::Unsupported,
                             "{} has no loudspeaker that this hub can reach.",
                             camera->description.name);
    if (context->parts.codecs == nullptr)
        co_return base::fail(ErrorKind::Unsupported, "This hub converts no sound.");
    if (request.body.empty())
        co_return base::fail(ErrorKind::InvalidArgument,
                             "The body has to be a sound file, like a WAV or an MP3.");
    // Read before anybody is woken for it.
    const auto file = std::make_shared<const std::string>(std::move(request.body));
    auto read = [file] { return ffmpeg::Sound::read(base::as_bytes(*file), kLongest); };
    CASEMENT_CO_TRY(auto whole, co_await context->parts.codecs->run(read));
    const auto sound = std::make_shared<const ffmpeg::Sound>(std::move(whole));

    CASEMENT_CO_TRY(const auto sink, co_await context->parts.router.talk(
                                         id, request.user, async::Deadline::in(kWakesWithin)));
    auto encode = [sound, accepted = sink->accepted()] { return speech_in(*sound, accepted); };
    CASEMENT_CO_TRY(auto speech, co_await context->parts.codecs->run(encode));
    CASEMENT_CO_TRY(co_await play(*sink, std::move(speech.units), speech.format));
    co_return json_response({{"text", sentence(sound->duration(), sink->duplex())},
                             {"seconds", static_cast<double>(sound->duration().count()) / 1000},
                             {"duplex", camera::to_string(sink->duplex())}});
}

async::Task<Response> talk(ContextPtr context, Request request) {
    struct Place {
        std::atomic<int>& taken;
        const int before = taken.fetch_add(1);
        ~Place() { taken.fetch_sub(1); }
    } const place{context->talks};
    if (place.before >= kMaxAtOnce)
        co_return problem({ErrorKind::ResourceExhausted,
                           "Several people talk through cameras already; try again in a minute."});
    auto answer = co_await speak(context, std::move(request));
    co_return answer ? std::move(*answer) : problem(answer.error());
}

}  // namespace

void mount_talk_route(net::HttpServer& server, const ContextPtr& context) {
    server.route("POST", "/api/v1/cameras/{id}/talk",
                 [context](Request request) { return talk(context, std::move(request)); },
                 {.max_body_bytes = kMaxFileBytes});
}

}  // namespace casement::api
