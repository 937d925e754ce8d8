// snapshot and export: pictures and footage into files.

#include <ostream>

#include "app/cli/moment.hpp"
#include "app/cli/words.hpp"
#include "base/units.hpp"
#include "base/url.hpp"

namespace casement::app::cli {

namespace {

using nlohmann::json;

/// One line that is written over and over, a few times a second.
class Progress {
public:
    explicit Progress(const Console& console) : console_(console) {}
    ~Progress() {
        if (shown_bytes_ > 0) console_.err << "\r\x1b[K";
    }
    void show(std::uint64_t bytes) {
        // A line per MiB: often enough to see life, seldom enough to cost nothing.
        if (!console_.shows_progress || bytes < shown_bytes_ + (1 << 20)) return;
        shown_bytes_ = bytes;
        console_.err << "\r" << base::format_size(bytes) << std::flush;
    }

private:
    const Console& console_;
    std::uint64_t shown_bytes_ = 0;
};

/// Gets `path` into `output`. The answer is that of the hub when it had none.
base::Result<Answer> fetch(Hub& hub, const Console& console, std::string path,
                           const std::string& output, std::uint64_t& size) {
    CASEMENT_TRY(auto file, OutputFile::open(output, console.out));
    Progress progress(console);
    CASEMENT_TRY(Answer answer, hub.stream({.method = "GET", .path = std::move(path), .body = {}},
                                           [&](std::string_view bytes) -> base::Result<> {
                                               CASEMENT_TRY(file->write(bytes));
                                               progress.show(file->size());
                                               return {};
                                           }));
    if (!answer.is_success()) return std::unexpected(error_in(answer));
    CASEMENT_TRY(file->finish());
    size = file->size();
    return answer;
}

/// Says on err what is missing between the two moments.
void tell_gaps(const Console& console, const json& recordings) {
    for (const json& gap : list_at(recordings, "gaps")) {
        const std::string text = text_at(gap, "text");
        console.err << fmt::format("missing: {} to {}{}\n", local_text(text_at(gap, "start")),
                                   local_text(text_at(gap, "end")),
                                   text.empty() ? "" : ": " + text);
    }
}

}  // namespace

int take_snapshot(Hub& hub, const Console& console, const Snapshot& command) {
    std::uint64_t size = 0;
    const auto answer = fetch(hub, console, camera_path(command.camera, "/snapshot.jpg?wake=1"),
                              command.output, size);
    if (!answer) return fail_with(console, explain(hub, command.camera, answer.error()));
    console.err << fmt::format(
        "{}: {}{}\n", command.output == "-" ? "picture" : command.output, base::format_size(size),
        answer->taken_at.empty() ? "" : ", taken " + local_text(answer->taken_at));
    return kOk;
}

int export_footage(Hub& hub, const Console& console, const Export& command,
                   const base::Clock& clock) {
    const auto now = clock.wall_now();
    const auto from = parse_moment(command.from, now);
    const auto to = parse_moment(command.to, now);
    for (const auto* moment : {&from, &to}) {
        if (*moment) continue;
        console.err << "casement: " << moment->error().message() << "\n";
        return kUsage;
    }
    if (*from >= *to) {
        console.err << fmt::format("casement: --from ({}) is not before --to ({})\n",
                                   local_text(*from), local_text(*to));
        return kUsage;
    }
    const std::string span =
        fmt::format("?from={}&to={}", base::percent_encoded(base::format_rfc3339(*from)),
                    base::percent_encoded(base::format_rfc3339(*to)));
    const auto recordings = ask_json(
        hub,
        {.method = "GET", .path = camera_path(command.camera, "/recordings" + span), .body = {}});
    if (!recordings) return fail_with(console, explain(hub, command.camera, recordings.error()));
    if (list_at(*recordings, "recordings").empty()) {
        tell_gaps(console, *recordings);
        return fail_with(console,
                         {base::ErrorKind::NotFound,
                          fmt::format("there is no footage of {} from {} to {}", command.camera,
                                      local_text(*from), local_text(*to))});
    }
    std::uint64_t size = 0;
    const auto answer =
        fetch(hub, console, camera_path(command.camera, "/recording.mp4" + span + "&download=1"),
              command.output, size);
    if (!answer) return fail_with(console, explain(hub, command.camera, answer.error()));
    tell_gaps(console, *recordings);
    console.err << fmt::format(
        "{}: {}{}\n", command.output == "-" ? "footage" : command.output, base::format_size(size),
        answer->start.empty() ? "" : ", begins at " + local_text(answer->start));
    return kOk;
}

}  // namespace casement::app::cli
