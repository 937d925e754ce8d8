// camera NAME logs: what a camera keeps of itself.

#include <optional>
#include <ostream>
#include <thread>

#include "app/cli/private_folder.hpp"
#include "app/cli/words.hpp"
#include "base/units.hpp"
#include "drivers/nanit/log_archive.hpp"

namespace casement::app::cli {

namespace {

using base::ErrorKind;
using base::Result;
using drivers::nanit::kJournal;
using nlohmann::json;

/// The hub gives a camera ten minutes.
constexpr std::chrono::minutes kLongest{11};

void show_progress(const Console& console, const json& state) {
    if (!console.shows_progress) return;
    const auto bytes = static_cast<std::uint64_t>(number_at(state, "received_bytes"));
    console.err << "\r\x1b[K"
                << (bytes == 0 ? std::string("waiting for the camera, this may take minutes")
                               : base::format_size(bytes))
                << std::flush;
}

/// Until they are with the hub.
Result<> await_logs(Hub& hub, const Console& console, const std::string& path,
                    std::chrono::milliseconds every) {
    const auto until = std::chrono::steady_clock::now() + kLongest;
    for (;;) {
        CASEMENT_TRY(const json state, ask_json(hub, {.method = "GET", .path = path, .body = {}}));
        show_progress(console, state);
        const std::string word = text_at(state, "state");
        if (word == "stored") return {};
        if (word != "waiting" && word != "receiving") {
            const json& error = value_at(state, "error");
            const std::string text = text_at(error, "text");
            return std::unexpected(base::Error(ErrorKind::Unavailable, text_at(error, "code"),
                                               text.empty() ? "the logs did not come" : text));
        }
        if (std::chrono::steady_clock::now() >= until)
            return base::fail(ErrorKind::DeadlineExceeded, "the logs did not come");
        std::this_thread::sleep_for(every);
    }
}

Result<> ask_and_await(Hub& hub, const Console& console, const std::string& camera,
                       std::chrono::milliseconds every) {
    const std::string path = camera_path(camera, "/logs");
    const auto asked = ask_json(hub, {.method = "POST", .path = path, .body = {}});
    // Somebody else asked already: what comes is for both.
    if (!asked && asked.error().reason() != "logs-awaited")
        return std::unexpected(explain(hub, camera, asked.error()));
    const auto came = await_logs(hub, console, path, every);
    if (console.shows_progress) console.err << "\r\x1b[K" << std::flush;
    return came;
}

Result<std::uint64_t> fetch(Hub& hub, const Console& console, const std::string& camera,
                            const std::string& output) {
    CASEMENT_TRY(auto file, OutputFile::open(output, console.out));
    CASEMENT_TRY(
        const Answer answer,
        hub.stream(
            {.method = "GET", .path = camera_path(camera, "/logs/archive.tar.gz"), .body = {}},
            [&](std::string_view bytes) { return file->write(bytes); }));
    if (!answer.is_success()) return std::unexpected(error_in(answer));
    CASEMENT_TRY(file->finish());
    return file->size();
}

Result<> print_list(const Console& console, const std::string& archive) {
    CASEMENT_TRY(const auto logs, drivers::nanit::list_logs(archive));
    if (console.json) {
        json members = json::array();
        for (const auto& member : logs.members)
            members.push_back({{"path", member.path}, {"size_bytes", member.size_bytes}});
        console.out << json{{"members", members}, {"left_out", logs.left_out}}.dump(2) << "\n";
        return {};
    }
    Table table({"FILE", "SIZE"});
    for (const auto& member : logs.members)
        table.add({member.path, base::format_size(member.size_bytes)});
    console.out << table.text();
    if (logs.left_out > 0)
        console.err << fmt::format("left out: {} that are links, devices or strangely named\n",
                                   logs.left_out);
    return {};
}

/// A log must not steer the terminal; -o has it as it is.
Result<> print_journal(const Console& console, const std::string& archive) {
    return drivers::nanit::read_log(archive, kJournal, [&](std::string_view piece) -> Result<> {
        std::string text(piece);
        for (char& c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) c = ' ';
        }
        console.out << text;
        return {};
    });
}

}  // namespace

int show_logs(Hub& hub, const Console& console, const ShowCamera& command,
              std::chrono::milliseconds every) {
    const auto came = ask_and_await(hub, console, command.camera, every);
    if (!came) return fail_with(console, came.error());
    const bool is_saved = !command.output.empty();
    std::optional<PrivateFolder> folder;  // where the archive is while it is read
    if (!is_saved) {
        auto made = PrivateFolder::make("logs");
        if (!made)
            return fail_with(console, {ErrorKind::Unavailable, "no folder for temporary files"});
        folder.emplace(std::move(*made));
    }
    const std::string archive =
        is_saved ? command.output : (folder->path() / "logs.tar.gz").string();
    const auto size = fetch(hub, console, command.camera, archive);
    if (!size) return fail_with(console, explain(hub, command.camera, size.error()));
    if (is_saved) {
        console.err << fmt::format("{}: {}\n", archive == "-" ? "logs" : archive,
                                   base::format_size(*size));
        if (!command.list || archive == "-") return kOk;
    }
    const auto printed =
        command.list ? print_list(console, archive) : print_journal(console, archive);
    return printed ? kOk : fail_with(console, printed.error());
}

}  // namespace casement::app::cli
