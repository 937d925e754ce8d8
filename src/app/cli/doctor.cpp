#include "app/cli/doctor.hpp"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/words.hpp"
#include "base/units.hpp"

namespace casement::app::cli {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t kGiB = 1ull << 30;
// A camera writes some 20 GiB a day: a hub that is down to this stops recording within hours.
constexpr std::uint64_t kLittleSpace = 5 * kGiB, kNoSpace = kGiB;

/// Names of programs and networks are others' words, and must not steer the terminal.
std::string harmless(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text;
}

bool is_hub(const std::string& owner) { return owner.starts_with("casement (pid "); }

Finding examine_clock(const Patient& patient) {
    Finding out{.verdict = Verdict::Ok,
                .topic = "clock",
                .says = base::format_rfc3339(patient.clock.wall_now()),
                .looked_at = "the clock of this machine, and whether the kernel takes it for right",
                .remedy = {}};
    // Before this was written: a machine without a battery for its clock, after a power cut.
    static const base::WallTime earliest = *base::parse_rfc3339("2026-01-01T00:00:00Z");
    const std::optional<bool> is_kept = patient.machine.clock_is_kept();
    if (patient.clock.wall_now() < earliest) {
        out.verdict = Verdict::Bad;
        out.says +=
            ", which is in the past: recordings would be filed there, and cameras get "
            "their time from the hub";
        out.remedy = "set it: timedatectl set-ntp true, or date -s \"2026-11-29 12:00\"";
    } else if (!is_kept) {
        out.verdict = Verdict::Unknown;
        out.says += "; whether anything keeps it right is not told here";
        out.remedy = "compare it with another clock";
    } else if (!*is_kept) {
        out.verdict = Verdict::Warn;
        out.says += "; nothing keeps it right";
        out.remedy = "timedatectl set-ntp true, or install chrony";
    }
    return out;
}

Finding examine_disk(const Patient& patient) {
    Finding out{.verdict = Verdict::Ok,
                .topic = "disk",
                .says = {},
                .looked_at = patient.data.string(),
                .remedy = {}};
    fs::path place = patient.data;
    std::error_code ec;
    while (!fs::exists(place, ec) && place.has_relative_path()) place = place.parent_path();
    const auto space = patient.machine.space(place);
    if (!space) {
        out.verdict = Verdict::Unknown;
        out.says = "its space cannot be seen";
        out.remedy = "run this command as the user of the hub, or with sudo";
        return out;
    }
    out.says = fmt::format("{} of {} are free", base::format_size(space->free_bytes),
                           base::format_size(space->total_bytes));
    if (space->free_bytes >= kLittleSpace) return out;
    out.verdict = space->free_bytes < kNoSpace ? Verdict::Bad : Verdict::Warn;
    out.remedy = "free some, or let cameras keep less: defaults.record.keep and max_size";
    return out;
}

void examine_cameras(const Patient& patient, Findings& out) {
    if (patient.hub == nullptr) {
        out.push_back({.verdict = Verdict::Unknown,
                       .topic = "cameras",
                       .says = "the hub does not run, so nobody knows how they are",
                       .looked_at = patient.data.string() + "/control.json",
                       .remedy = "casement serve"});
        return;
    }
    const std::string looked_at = "GET /api/v1/cameras of the hub";
    const auto answer =
        ask_json(*patient.hub, {.method = "GET", .path = "/api/v1/cameras", .body = {}});
    if (!answer) {
        out.push_back({.verdict = Verdict::Bad,
                       .topic = "cameras",
                       .says = answer.error().message(),
                       .looked_at = looked_at,
                       .remedy = "look at the hub's log"});
        return;
    }
    const json& cameras = answer->is_array() ? *answer : list_at(*answer, "cameras");
    std::size_t well = 0;
    for (const json& camera : cameras) {
        const json& reason = value_at(value_at(camera, "state"), "reason");
        if (!reason.is_object()) {
            ++well;
            continue;
        }
        out.push_back({.verdict = Verdict::Warn,
                       .topic = "camera " + text_at(camera, "id"),
                       .says = text_at(reason, "text"),
                       .looked_at = looked_at,
                       .remedy = "casement camera " + text_at(camera, "id")});
    }
    out.push_back(
        {.verdict = Verdict::Ok,
         .topic = "cameras",
         .says = fmt::format("{} of {} have nothing to complain of", well, cameras.size()),
         .looked_at = looked_at,
         .remedy = {}});
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok:
            return "ok";
        case Verdict::Warn:
            return "warn";
        case Verdict::Bad:
            return "bad";
        case Verdict::Unknown:
            return "unknown";
    }
    return "unknown";
}

Finding examine_port(const Patient& patient, const std::string& what, const std::string& key,
                     const config::ListenAddress& address, bool hub_must_listen) {
    Finding out{.verdict = Verdict::Ok,
                .topic = fmt::format("port {} ({})", address.port, what),
                .says = {},
                .looked_at = address.text(),
                .remedy = {}};
    if (address.port == 0) {
        out.says = "any free one";
        return out;
    }
    const auto taken = patient.machine.listen(address);
    if (taken) {
        out.says = "free";
        if (patient.hub == nullptr || !hub_must_listen) return out;
        out.verdict = Verdict::Bad;
        out.says = "the hub runs, but does not listen there";
        out.remedy = "casement health says why; was the configuration changed after its start?";
        return out;
    }
    if (taken.error().reason() != "port-taken") {
        const bool is_refused = taken.error().is(base::ErrorKind::PermissionDenied);
        out.verdict = is_refused ? Verdict::Bad : Verdict::Unknown;
        out.says = taken.error().message();
        out.remedy = is_refused ? fmt::format("give {} a port of 1024 or more", key)
                                : "see what is said about its address";
        return out;
    }
    const std::string owner = patient.machine.port_owner(address.port);
    if (patient.hub != nullptr && is_hub(owner)) {
        out.says = owner + " is the hub";
        return out;
    }
    out.verdict = Verdict::Bad;
    if (is_hub(owner)) {
        out.says = owner + " has it: a hub with another data directory";
        out.remedy = "name its directory with --data, or stop it";
    } else if (owner.empty()) {
        out.verdict = patient.hub != nullptr ? Verdict::Unknown : Verdict::Bad;
        out.says = "a program that this user may not see has it";
        out.remedy = "run this command with sudo to see which";
    } else {
        out.says = owner + " has it";
        out.remedy = fmt::format("stop that program, or give {} another port", key);
    }
    return out;
}

Findings examine(const Patient& patient) {
    const config::Config& config = patient.config;
    Findings out;
    out.push_back(examine_port(patient, "page and API", "http.listen", config.http.listen));
    out.push_back(examine_port(patient, "RTSP", "rtsp.listen", config.rtsp.listen));
    if (config.needs_rtmp())
        out.push_back(examine_port(patient, "RTMP", "rtmp.listen", config.rtmp.listen));
    out.push_back(examine_clock(patient));
    out.push_back(examine_disk(patient));
    examine_cameras(patient, out);
    examine_arlo(patient, out);
    return out;
}

int tell_findings(const Console& console, const Findings& findings) {
    const bool is_bad = std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.verdict == Verdict::Bad; });
    if (console.json) {
        json list = json::array();
        for (const Finding& finding : findings) {
            list.push_back({{"verdict", to_string(finding.verdict)},
                            {"topic", finding.topic},
                            {"says", finding.says},
                            {"looked_at", finding.looked_at},
                            {"remedy", finding.remedy}});
        }
        console.out << json{{"fine", !is_bad}, {"findings", list}}.dump(
                           2, ' ', false, json::error_handler_t::replace)
                    << "\n";
        return is_bad ? kFailed : kOk;
    }
    for (const Finding& finding : findings) {
        console.out << fmt::format("{:<8} {}: {}\n", to_string(finding.verdict),
                                   harmless(finding.topic), harmless(finding.says));
        if (finding.verdict == Verdict::Ok) continue;
        console.out << fmt::format("         looked at: {}\n", harmless(finding.looked_at));
        if (!finding.remedy.empty())
            console.out << "         remedy: " << harmless(finding.remedy) << "\n";
    }
    return is_bad ? kFailed : kOk;
}

}  // namespace casement::app::cli
