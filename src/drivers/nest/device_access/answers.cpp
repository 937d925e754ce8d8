#include "drivers/nest/device_access/answers.hpp"

#include <algorithm>

#include "base/url.hpp"
#include "drivers/json.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nest::device_access {

namespace {

using base::Error;
using base::ErrorKind;
using base::fail_because;
using base::Result;
using base::Secret;
using nlohmann::json;

constexpr std::string_view kTraits = "sdm.devices.traits.";
constexpr std::size_t kMaxDevices = 256;
constexpr std::size_t kMaxWords = 200;  // of a sentence of the vendor's

std::unexpected<Error> no_answer(std::string_view of) {
    return fail_because("vendor-down", ErrorKind::Unavailable,
                        "Google's Device Access answered {} with something else.", of);
}

const json& trait(const json& device, std::string_view name) {
    return at(at(device, "traits"), std::string(kTraits) + std::string(name));
}
bool has(const json& device, std::string_view name) { return !trait(device, name).is_null(); }

bool names(const json& list, std::string_view word) {
    return list.is_array() && std::ranges::any_of(list, [&](const json& one) {
               return one.is_string() && one.get_ref<const std::string&>() == word;
           });
}

std::string room_of(const json& device) {
    const json& relations = at(device, "parentRelations");
    if (!relations.is_array()) return {};
    for (const json& relation : relations) {
        std::string name = clean_text(text_at(relation, "displayName"));
        if (!name.empty()) return name;
    }
    return {};
}

/// It becomes part of a URL.
bool is_resource(std::string_view name) {
    constexpr std::size_t kMax = 512;
    return !name.empty() && name.size() <= kMax && name.find("..") == std::string_view::npos &&
           std::ranges::all_of(name, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.' || c == '/';
           });
}

Device device_of(const json& value) {
    Device out;
    out.id = text_at(value, "name");
    out.type = text_at(value, "type");
    out.type.erase(0, out.type.rfind('.') + 1);  // npos + 1 is 0
    out.room = room_of(value);
    out.name = clean_text(text_at(trait(value, "Info"), "customName"));
    if (out.name.empty()) out.name = out.room;
    if (out.name.empty()) out.name = out.type.empty() ? "camera" : out.type;

    const json& protocols = at(trait(value, "CameraLiveStream"), "supportedProtocols");
    out.has_rtsp = names(protocols, "RTSP");
    out.has_webrtc = names(protocols, "WEB_RTC");
    // The first cameras of this interface said nothing, and meant RTSP.
    if (has(value, "CameraLiveStream") && !out.has_webrtc) out.has_rtsp = true;
    out.has_pictures = has(value, "CameraEventImage");
    out.has_clips = has(value, "CameraClipPreview");
    // Some doorbells ring without declaring it.
    out.has_bell = has(value, "DoorbellChime") || out.type == "DOORBELL";
    out.has_motion = has(value, "CameraMotion");
    out.has_person = has(value, "CameraPerson");
    out.has_sound = has(value, "CameraSound");
    out.is_online = text_at(trait(value, "Connectivity"), "status") != "OFFLINE";
    return out;
}

/// null for what is no answer. Lives as long as `answer`.
const json& results_of(const std::optional<json>& answer) {
    static const json kNone;
    return at(answer ? *answer : kNone, "results");
}

/// What each answer about a stream has.
Result<> take_lease(const json& results, RtspStream& stream) {
    std::string extension = text_at(results, "streamExtensionToken");
    std::string token = text_at(results, "streamToken");
    const auto expires_at = time_at(results, "expiresAt");
    if (extension.empty() || token.empty() || !expires_at) return no_answer("a stream");
    stream.extension = Secret(std::move(extension));
    stream.token = Secret(std::move(token));
    stream.expires_at = *expires_at;
    return {};
}

}  // namespace

Result<std::vector<Device>> parse_devices(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return no_answer("the list of devices");
    std::vector<Device> out;
    const json& devices = at(*answer, "devices");  // missing when there is none
    if (!devices.is_array()) return out;
    for (const json& device : devices) {
        if (!has(device, "CameraLiveStream") && !has(device, "CameraEventImage") &&
            !has(device, "CameraClipPreview"))
            continue;  // a thermostat
        if (!is_resource(text_at(device, "name")) || out.size() == kMaxDevices) continue;
        out.push_back(device_of(device));
    }
    return out;
}

Result<RtspStream> parse_rtsp_extension(std::string_view body, RtspStream stream) {
    const auto answer = parse_object(body);
    CASEMENT_TRY(take_lease(results_of(answer), stream));
    return stream;
}

Result<RtspStream> parse_rtsp_stream(std::string_view body) {
    const auto answer = parse_object(body);
    const json& results = results_of(answer);
    RtspStream out;
    CASEMENT_TRY(take_lease(results, out));
    out.url = Secret(text_at(at(results, "streamUrls"), "rtspUrl"));
    if (out.url.empty()) return no_answer("a stream");
    return out;
}

Result<EventPicture> parse_event_picture(std::string_view body) {
    const auto answer = parse_object(body);
    const json& results = results_of(answer);
    EventPicture out{text_at(results, "url"), Secret(text_at(results, "token"))};
    if (out.url.empty() || out.token.empty()) return no_answer("a picture");
    return out;
}

Result<Secret> address_now(const RtspStream& stream) {
    const std::string& url = stream.url.reveal();
    CASEMENT_TRY(const auto parsed, base::Url::parse(url));
    if (parsed.scheme != "rtsps" && parsed.scheme != "rtsp") return no_answer("a stream");
    return Secret(url.substr(0, url.find('?')) + "?auth=" + stream.token.reveal());
}

Error refusal(int http_status, std::string_view body) {
    const auto answer = parse_object(body);
    const json& error = answer ? at(*answer, "error") : at(json{}, "");
    const std::string status = text_at(error, "status");
    const std::string words = text_at(error, "message").substr(0, kMaxWords);
    const auto says = [&](std::string_view sentence) {
        return words.empty() ? std::string(sentence) : fmt::format("{} ({})", sentence, words);
    };
    if (http_status == 429 || status == "RESOURCE_EXHAUSTED")
        return {ErrorKind::ResourceExhausted, "quota",
                says("Google limits how often Device Access may be asked.")};
    if (http_status == 401 || status == "UNAUTHENTICATED")
        return {ErrorKind::Unauthenticated, "token-refused",
                says("Google did not accept the access token.")};
    if (http_status == 403 || status == "PERMISSION_DENIED")
        return {ErrorKind::PermissionDenied, "project-refused",
                says("Google refuses this Device Access project: check its id, and that you have "
                     "ticked the cameras on the consent page.")};
    if (http_status == 404 || status == "NOT_FOUND")
        return {ErrorKind::NotFound, "no-device",
                says("Google does not know this device any more.")};
    if (http_status == 409)
        return {ErrorKind::Unavailable, "busy",
                says("Another start of this stream is on its way.")};
    if (http_status == 504 || status == "DEADLINE_EXCEEDED")
        return {ErrorKind::DeadlineExceeded, "too-late", says("Google keeps this no longer.")};
    if (status == "FAILED_PRECONDITION")
        return {ErrorKind::FailedPrecondition, "not-now",
                says("The camera is off, or does not do this now.")};
    if (http_status == 400)
        return {ErrorKind::Unsupported, "wrong-protocol",
                says("The camera does not give a stream in this way.")};
    return {ErrorKind::Unavailable, "vendor-down",
            fmt::format("Google's Device Access answered HTTP {}.", http_status)};
}

}  // namespace casement::drivers::nest::device_access
