#include "emulators/arlo/rtsp_desk.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "protocols/rtsp/target.hpp"

namespace casement::emulators::arlo {

namespace {

constexpr std::string_view kMethods = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN";
// Told, and not enforced: no source says that these cameras end a session for silence on TCP.
constexpr int kTimeoutSeconds = 60;

/// Behind scheme and authority, without query and slash at the end.
std::string_view path_of(std::string_view uri) {
    std::string_view path = rtsp::path_of_uri(uri);
    path = path.substr(0, path.find('?'));
    while (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

/// "/live/track2" is 1.
std::optional<std::size_t> track_of(std::string_view path, std::string_view root) {
    constexpr std::string_view kTrack = "/track";
    if (!path.starts_with(root)) return std::nullopt;
    path.remove_prefix(root.size());
    if (!path.starts_with(kTrack)) return std::nullopt;
    path.remove_prefix(kTrack.size());
    const auto number = base::parse_number<std::size_t>(path);
    if (!number || *number == 0) return std::nullopt;
    return *number - 1;
}

class Desk {
public:
    Desk(const rtsp::Request& request, const DeskRules& rules, DeskHost& host)
        : request_(request), rules_(rules), host_(host) {}

    std::string answer() {
        if (!request_.cseq()) return reply(400);
        const std::string_view method = request_.method;
        if (method == "OPTIONS" || method == "GET_PARAMETER") return stay_alive();
        if (method == "DESCRIBE") return describe();
        if (method == "SETUP") return set_up();
        if (method == "PLAY") return play();
        if (method == "TEARDOWN") return tear_down();
        return reply(501);
    }

private:
    std::optional<std::string_view> named_session() const {
        const auto header = request_.headers.find("Session");
        if (!header) return std::nullopt;
        std::string_view rest = *header;
        return base::trimmed(base::take_until(rest, ';'));
    }
    bool names_session() const {
        const std::string id = host_.session_id();
        return !id.empty() && named_session() == id;
    }

    std::string stay_alive() const {
        if (named_session() && (!names_session() || rules_.keep_alive_unknown)) return reply(454);
        rtsp::Headers headers;
        if (request_.method == "OPTIONS") headers.add("Public", kMethods);
        return reply(200, headers);
    }

    std::string describe() {
        if (path_of(request_.uri) != rules_.path) return reply(404);
        std::string controls;
        std::string root = request_.uri;
        while (root.ends_with('/')) root.pop_back();
        if (rules_.absolute_controls) controls = root + "/";
        rtsp::Headers headers;
        if (rules_.content_base) headers.add("Content-Base", root + "/");
        headers.add("Content-Type", "application/sdp");
        return reply(200, headers, host_.sdp(controls));
    }

    std::string set_up() {
        const auto track = track_of(path_of(request_.uri), rules_.path);
        if (!track) return reply(404);
        if (named_session() && !names_session()) return reply(454);
        if (host_.owns_session() && host_.is_playing()) return reply(455);
        const auto asked = wanted_transport();
        if (!asked) return reply(461);
        const auto given = host_.set_up(*track, *asked);
        if (!given) return reply(given.error());
        const bool zero = rules_.zero_server_ports && given->lower == rtsp::Transport::Lower::Udp;
        rtsp::Headers headers;
        headers.add("Transport", given->to_header() + (zero ? ";server_port=0-0" : ""));
        headers.add("Session", fmt::format("{};timeout={}", host_.session_id(), kTimeoutSeconds));
        return reply(200, headers);
    }

    std::optional<rtsp::Transport> wanted_transport() const {
        const auto header = request_.headers.find("Transport").value_or(std::string_view{});
        for (const rtsp::Transport& t : rtsp::parse_transports(header)) {
            const bool over_tcp = t.lower == rtsp::Transport::Lower::Tcp;
            if (t.secure || t.multicast || t.record) continue;
            if (over_tcp ? rules_.tcp : rules_.udp && t.client_port && t.client_port->rtp != 0)
                return t;
        }
        return std::nullopt;
    }

    std::string play() {
        if (!names_session() || !host_.owns_session()) return reply(454);
        if (!host_.is_playing()) host_.play();
        rtsp::Headers headers;
        headers.add("Session", host_.session_id());
        headers.add("Range", "npt=0.000-");
        return reply(200, headers);
    }

    std::string tear_down() {
        if (!names_session()) return reply(454);
        host_.tear_down();
        return reply(200);
    }

    std::string reply(int status, const rtsp::Headers& headers = {}, std::string body = {}) const {
        rtsp::Response response;
        response.status = status;
        if (const auto cseq = request_.cseq()) response.headers.add("CSeq", std::to_string(*cseq));
        for (const auto& [name, value] : headers) response.headers.add(name, value);
        response.body = std::move(body);
        return response.to_bytes();
    }

    const rtsp::Request& request_;
    const DeskRules& rules_;
    DeskHost& host_;
};

}  // namespace

std::string answer_rtsp(const rtsp::Request& request, const DeskRules& rules, DeskHost& host) {
    return Desk(request, rules, host).answer();
}

}  // namespace casement::emulators::arlo
