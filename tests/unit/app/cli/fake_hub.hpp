#pragma once
// A hub that answers from a table and remembers what it was asked.

#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/cli/commands.hpp"

namespace casement::app::cli {

class FakeHub final : public Hub {
public:
    /// By "GET /path".
    std::map<std::string, Answer> answers;
    std::vector<std::string> asked;    // "PUT /path body"
    std::size_t piece_bytes = 7;       // how a streamed body is cut
    std::optional<base::Error> after;  // ends a stream

    void answer(const std::string& question, const nlohmann::json& body, int status = 200) {
        answers[question] = {.status = status, .body = body.dump(), .start = {}, .taken_at = {}};
    }
    void problem(const std::string& question, int status, const std::string& detail,
                 const std::string& code = "") {
        nlohmann::json body{{"type", "about:blank"}, {"status", status}, {"detail", detail}};
        if (!code.empty()) body["code"] = code;
        answer(question, body, status);
    }

    base::Result<Answer> ask(Question q) override {
        asked.push_back(q.method + " " + q.path + (q.body.empty() ? "" : " " + q.body));
        const auto found = answers.find(q.method + " " + q.path);
        if (found != answers.end()) return found->second;
        return Answer{
            .status = 404, .body = R"({"title": "Not Found"})", .start = {}, .taken_at = {}};
    }
    base::Result<Answer> stream(Question q, Sink sink) override {
        CASEMENT_TRY(Answer answer, ask(std::move(q)));
        if (!answer.is_success()) return answer;
        for (std::size_t at = 0; at < answer.body.size(); at += piece_bytes) {
            CASEMENT_TRY(sink(std::string_view(answer.body).substr(at, piece_bytes)));
        }
        if (after) return std::unexpected(*after);
        answer.body.clear();
        return answer;
    }
};

/// Two cameras as docs/ref/api.md has them.
inline void add_cameras(FakeHub& hub) {
    const nlohmann::json porch = nlohmann::json::parse(R"({
        "id": "porch", "name": "Front porch", "vendor": "generic", "present": true,
        "state": {"word": "live", "since": "2026-11-20T21:14:05.120Z"},
        "recording": {"mode": "always", "active": true},
        "tracks": [{"kind": "video", "codec": "h264", "width": 1920, "height": 1080}, {"kind": "audio", "codec": "aac", "sample_rate": 48000, "channels": 1}],
        "viewers": 2, "bitrate_bps": 1800000, "commands": ["siren", "reboot"],
        "settings": [
            {"id": "night_light", "kind": "light", "desired": {"on": true, "level": 60}, "reported": {"on": true, "level": 40}, "unit": "%"},
            {"id": "volume", "kind": "range", "desired": 40, "reported": 40, "unit": "%"},
            {"id": "night_mode", "kind": "choice", "desired": null, "reported": null},
            {"id": "status_led", "kind": "toggle", "desired": true, "reported": true}],
        "sensors": [{"id": "temperature", "value": 21.4, "unit": "°C"}]})");
    const nlohmann::json hall = nlohmann::json::parse(R"({
        "id": "hall", "name": "Hall", "state": {"word": "offline", "reason": {"code": "no-route", "text": "It does not answer on the network."}},
        "recording": {"mode": "off", "active": false}, "viewers": 0})");
    hub.answer("GET /api/v1/cameras", {{"cameras", {hall, porch}}});
    hub.answer("GET /api/v1/cameras/porch", porch);
    hub.answer("GET /api/v1/cameras/hall", hall);
}

struct Session {
    FakeHub hub;
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err};
};

}  // namespace casement::app::cli
