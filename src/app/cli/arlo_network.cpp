#include "app/cli/arlo_network.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/private_folder.hpp"
#include "app/cli/words.hpp"
#include "drivers/arlo/network/steps.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

namespace network = drivers::arlo::network;
namespace fs = std::filesystem;
using base::ErrorKind;
using base::fail;
using base::Result;
using nlohmann::json;
using Word = FileVerdict::Word;

namespace {

/// The folder is made where it is missing. Never the machine's own configuration: what goes there
/// is a person's decision.
Result<fs::path> prepare_folder(const std::string& name) {
    std::error_code ec;
    const fs::path path = fs::weakly_canonical(fs::absolute(name), ec);
    if (ec) return std::unexpected(store::file_error(ec.value(), "use " + name));
    if (path.string() == "/etc" || path.string().starts_with("/etc/") || path == "/")
        return fail(ErrorKind::InvalidArgument,
                    "{} is this machine's own configuration, where nothing is written by itself; "
                    "name another folder, and copy what you like",
                    path.string());
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return std::unexpected(store::file_error(errno, "create " + path.string()));
    return path;
}

Result<> write_file(const fs::path& folder, const network::File& file) {
    const std::string path = (folder / file.name).string();
    CASEMENT_TRY(store::replace_file(path, file.text));  // 0600 from its first byte on
    if (!file.is_secret && ::chmod(path.c_str(), 0644) != 0)
        return std::unexpected(store::file_error(errno, "set the mode of " + path));
    return {};
}

/// The same plan with a key that may be shown.
network::Plan without_key(network::Plan plan) {
    if (!plan.key.empty()) {
        const std::size_t length = plan.key.reveal().size();
        plan.key = base::Secret(std::string(length == 64 ? 64 : 8, '*'));
    }
    return plan;
}

std::string_view word_of(Word word) {
    switch (word) {
        case Word::Fine:
            return "fine";
        case Word::Wrong:
            return "wrong";
        case Word::NotChecked:
            return "not checked";
    }
    return "";
}

struct Made {
    network::Plan plan;
    bool made_key = false;
    std::vector<network::File> files;
    std::optional<fs::path> folder;     // where they were written
    std::vector<FileVerdict> verdicts;  // of each file, where they were asked for
};

bool is_wrong(const Made& made) {
    for (const FileVerdict& verdict : made.verdicts) {
        if (verdict.word == Word::Wrong) return true;
    }
    return false;
}

void tell_json(const Console& console, const Made& made) {
    json files = json::array();
    for (std::size_t i = 0; i < made.files.size(); ++i) {
        const network::File& file = made.files[i];
        json entry{{"name", file.name},
                   {"target", file.target},
                   {"about", file.about},
                   {"host", file.host == network::Host::Hub ? "hub" : "router"},
                   {"mode", file.is_secret ? "0600" : "0644"}};
        if (made.folder) {
            entry["path"] = (*made.folder / file.name).string();
        } else {
            entry["text"] = file.text;
        }
        if (i < made.verdicts.size())
            entry["check"] = {{"verdict", word_of(made.verdicts[i].word)},
                              {"text", made.verdicts[i].text}};
        files.push_back(std::move(entry));
    }
    console.out << json{{"set_up", to_string(made.plan.set_up)},
                        {"remarks", network::remarks_on(made.plan)},
                        {"files", files},
                        {"next", network::next_steps(made.plan)}}
                       .dump(2)
                << "\n";
}

void tell_files(std::ostream& out, const Made& made) {
    for (const network::File& file : made.files) {
        out << fmt::format("# ==== {} ({}{})\n# {}\n", file.target,
                           file.host == network::Host::Hub ? "hub" : "router",
                           file.is_secret ? ", mode 0600, key not shown" : "", file.about)
            << file.text << "\n";
    }
}

void tell(const Console& console, const Made& made) {
    std::ostream& out = console.out;
    if (made.folder) {
        out << fmt::format("Written to {}:\n", made.folder->string());
        for (const network::File& file : made.files)
            out << fmt::format("  {:<32} {}\n", file.name, file.about);
    } else {
        tell_files(out, made);
    }
    for (std::size_t i = 0; i < made.verdicts.size(); ++i) {
        if (i == 0) out << "\nChecked:\n";
        out << fmt::format("  {:<32} {}: {}\n", made.files[i].name, word_of(made.verdicts[i].word),
                           made.verdicts[i].text);
    }
    if (made.made_key)
        out << (made.folder ? "\nThe network has a new key, which only hostapd.conf has: cameras "
                              "get it by WPS.\n"
                            : "\nWith --into a new key is made for the network.\n");
    const auto remarks = network::remarks_on(made.plan);
    if (!remarks.empty()) out << "\nTo know:\n";
    for (const std::string& remark : remarks) out << "  - " << remark << "\n";
    if (!made.folder) return;
    out << "\nNext. Nothing of this machine was changed; this is yours to do:\n";
    for (const std::string& step : network::next_steps(made.plan)) out << "  " << step << "\n";
    out << "\nPairing step by step: casement arlo network --steps capture (with the old base, the "
           "safer way) or pair.\n";
}

int show_steps(const Console& console, const ArloNetwork& command,
               const config::Environment& environment) {
    const bool is_capture = command.steps == "capture";
    bool made_key = false;
    Result<network::Plan> plan = plan_of(command, environment, made_key);
    if (is_capture) {
        // Its questions are two, and both have an answer without any plan.
        network::Plan bare;
        if (!command.inputs.cameras.empty()) bare.camera_interface = command.inputs.cameras;
        if (!plan) {
            bare = *network::checked(network::Plan{});
            if (!command.from.empty()) return fail_with(console, plan.error());
            plan = bare;
        }
        console.out << network::to_text(network::capture_steps(
            command.inputs.cameras.empty() ? plan->camera_interface : command.inputs.cameras,
            command.inputs.ssid.empty() ? plan->ssid : command.inputs.ssid));
        return kOk;
    }
    if (!plan) return fail_with(console, plan.error());
    if (!plan->wps)
        return fail_with(console, {ErrorKind::FailedPrecondition,
                                   "pairing needs an access point with the WPS button: give --ssid "
                                   "and --wps, as for its files"});
    console.out << network::to_text(network::pairing_steps(*plan));
    return kOk;
}

Result<Made> make(const ArloNetwork& command, const config::Environment& environment,
                  const RunTool& run) {
    Made made;
    CASEMENT_TRY(made.plan, plan_of(command, environment, made.made_key));
    const bool is_shown = command.into.empty();
    // What is checked has its key; what is shown has none.
    const std::vector<network::File> whole = network::files_of(made.plan);
    made.files = is_shown ? network::files_of(without_key(made.plan)) : whole;
    std::optional<PrivateFolder> temporary;
    fs::path folder;
    if (!is_shown) {
        CASEMENT_TRY(folder, prepare_folder(command.into));
        made.folder = folder;
    } else if (command.check) {
        CASEMENT_TRY(auto own, PrivateFolder::make("arlo"));
        temporary.emplace(std::move(own));
        folder = temporary->path();
    }

    for (const network::File& file : whole) {
        if (folder.empty()) break;
        CASEMENT_TRY(write_file(folder, file));
        if (command.check)
            made.verdicts.push_back(
                check_file(file, (folder / file.name).string(), run, environment));
    }
    return made;
}

}  // namespace

int arlo_network(const Console& console, const ArloNetwork& command,
                 const config::Environment& environment, const RunTool& run) {
    ArloNetwork asked = command;
    for (const std::string& word : command.reservations) {
        const std::size_t split = word.find('=');
        if (split == std::string::npos)
            return fail_with(console, {ErrorKind::InvalidArgument,
                                       fmt::format("--reserve needs MAC=ADDRESS, like "
                                                   "4c:77:6d:01:02:03=172.14.1.20; it is \"{}\"",
                                                   word)});
        asked.inputs.reserve[word.substr(0, split)] = word.substr(split + 1);
    }
    if (!asked.steps.empty()) return show_steps(console, asked, environment);
    const auto made = make(asked, environment, run);
    if (!made) return fail_with(console, made.error());
    if (console.json) {
        tell_json(console, *made);
    } else {
        tell(console, *made);
    }
    return is_wrong(*made) ? kFailed : kOk;
}

}  // namespace casement::app::cli
