// events and health: what happened, and what needs a person.

#include <algorithm>
#include <ostream>

#include "app/cli/moment.hpp"
#include "app/cli/sse.hpp"
#include "app/cli/words.hpp"
#include "base/units.hpp"
#include "base/url.hpp"

namespace casement::app::cli {

namespace {

using nlohmann::json;

void write_event(const Console& console, const json& event) {
    if (console.json) {
        console.out << event.dump()
                    << std::endl;  // a line at a time, for the program behind the pipe
        return;
    }
    std::string line = local_text(text_at(event, "start"));
    const std::string camera = text_at(event, "camera");
    line += fmt::format("  {:<16} {}", camera.empty() ? "hub" : camera, text_at(event, "kind"));
    if (const std::string text = text_at(event, "text"); !text.empty()) line += "  " + text;
    if (const std::string end = text_at(event, "end"); !end.empty())
        line += "  until " + local_text(end);
    console.out << line << std::endl;
}

/// Prints the past, oldest first; the newest sequence on success.
base::Result<std::uint64_t> write_past(Hub& hub, const Console& console, const Events& command) {
    std::string path = fmt::format("/api/v1/events?limit={}", std::clamp(command.limit, 1, 1000));
    if (!command.camera.empty()) path += "&camera=" + base::percent_encoded(command.camera);
    CASEMENT_TRY(const json answer, ask_json(hub, {.method = "GET", .path = path, .body = {}}));
    const json& events = list_at(answer, "events");
    std::uint64_t newest = 0;
    for (const json& event : events) {
        const json& sequence = value_at(event, "sequence");
        if (sequence.is_number_unsigned()) newest = std::max(newest, sequence.get<std::uint64_t>());
    }
    if (command.limit > 0) {
        for (auto event = events.rbegin(); event != events.rend(); ++event)
            write_event(console, *event);
    }
    return newest;
}

base::Result<> follow(Hub& hub, const Console& console, const Events& command,
                      std::uint64_t newest) {
    SseReader reader([&](const ServerSentEvent& sent) -> base::Result<> {
        if (sent.event == "resync")
            console.err
                << "casement: more happened than the hub told; `casement events` has it all\n";
        if (sent.event != "event") return {};
        const json event = json::parse(sent.data, nullptr, false);
        if (event.is_discarded())
            return base::fail(base::ErrorKind::DataLoss, "the hub sent an event that is not JSON");
        if (command.camera.empty() || text_at(event, "camera") == command.camera)
            write_event(console, event);
        return {};
    });
    const std::string path = newest == 0
                                 ? "/api/v1/events/stream"
                                 : fmt::format("/api/v1/events/stream?last_event_id={}", newest);
    CASEMENT_TRY(const Answer answer,
                 hub.stream({.method = "GET", .path = path, .body = {}},
                            [&](std::string_view bytes) { return reader.feed(bytes); }));
    if (!answer.is_success()) return std::unexpected(error_in(answer));
    return base::fail(base::ErrorKind::Unavailable,
                      "the hub ended the connection; it was probably stopped");
}

std::string disk_line(const json& disk) {
    std::string line =
        fmt::format("{}: {} free of {}", text_at(disk, "name"),
                    base::format_size(static_cast<std::uint64_t>(number_at(disk, "free_bytes"))),
                    base::format_size(static_cast<std::uint64_t>(number_at(disk, "total_bytes"))));
    const std::string text = text_at(disk, "text");
    return text.empty() ? line : line + ", " + text;
}

}  // namespace

int show_events(Hub& hub, const Console& console, const Events& command) {
    const auto newest = write_past(hub, console, command);
    if (!newest) return fail_with(console, newest.error());
    if (!command.follow) return kOk;
    const auto end = follow(hub, console, command, *newest);
    return end ? kOk : fail_with(console, end.error());
}

int show_health(Hub& hub, const Console& console) {
    const auto health = ask_json(hub, {.method = "GET", .path = "/api/v1/health", .body = {}});
    if (!health) return fail_with(console, health.error());
    const json& problems = list_at(*health, "problems");
    if (console.json) {
        console.out << health->dump(2) << "\n";
        return problems.empty() ? kOk : kFailed;
    }
    console.out << fmt::format("Casement {}, running since {}\n", text_at(*health, "version"),
                               local_text(text_at(*health, "started")));
    for (const json& listener : list_at(*health, "listeners")) {
        const bool is_open = value_at(listener, "open") == true;
        console.out << fmt::format(
            "{} {} {}\n", text_at(listener, "name"),
            is_open ? "listens on" : "is closed:", text_at(listener, is_open ? "address" : "text"));
    }
    for (const json& disk : list_at(*health, "disks")) console.out << disk_line(disk) << "\n";
    for (const json& account : list_at(*health, "accounts")) {
        console.out << fmt::format("{} account {}: {}\n", text_at(account, "vendor"),
                                   text_at(account, "name"), text_at(account, "state"));
    }
    for (const json& problem : problems)
        console.out << "problem: " << text_at(problem, "text") << "\n";
    if (problems.empty()) console.out << "Nothing needs a person.\n";
    return problems.empty() ? kOk : kFailed;
}

}  // namespace casement::app::cli
