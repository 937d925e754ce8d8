// Lets the programs that will read the files say whether they are right.

#include <array>
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/cli/arlo_network.hpp"
#include "app/cli/private_folder.hpp"
#include "app/config/load.hpp"
#include "base/text.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

namespace network = drivers::arlo::network;
using Word = FileVerdict::Word;
using network::Reader;

namespace {

// Each takes milliseconds; hostapd may wait for a driver.
constexpr std::chrono::milliseconds kPatience{5'000};

/// The lines of a tool's answer that say something, as one text.
std::string told(const std::string& text) {
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::string_view word = base::trimmed(line);
        if (word.empty()) continue;
        if (out.size() > 600) return out + " ...";
        out += fmt::format("{}{}", out.empty() ? "" : "; ", word);
    }
    return out;
}

FileVerdict not_run(const base::Error& why) {
    return {Word::NotChecked, why.message() + "; install it to have this file checked"};
}

/// hostapd has no dry run: it reads its file whole, and then looks for its interface. The copy
/// names one that is not there and no control socket; every line keeps its number.
std::string harmless_copy(const std::string& text) {
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("interface=")) line = "interface=casement-none";
        if (line.starts_with("ctrl_interface")) line = "#";
        out += line + "\n";
    }
    return out;
}

FileVerdict check_hostapd(const network::File& file, const RunTool& run) {
    const auto folder = PrivateFolder::make("check");
    if (!folder) return {Word::NotChecked, "no temporary folder for its copy"};
    const std::string copy = (folder->path() / "hostapd.conf").string();
    if (const auto written = store::replace_file(copy, harmless_copy(file.text)); !written)
        return {Word::NotChecked, written.error().message()};
    const auto output = run({"hostapd", copy}, kPatience);
    if (!output) return not_run(output.error());
    // What it says of the file comes first, with line numbers; the missing interface after it.
    std::string complaints;
    std::istringstream lines(output->text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("Line ") || line.find("not configured") != std::string::npos ||
            line.find("found in configuration file") != std::string::npos)
            complaints += line + "\n";
    }
    if (!complaints.empty()) return {Word::Wrong, told(complaints)};
    return {Word::Fine, "hostapd reads it without complaint"};
}

FileVerdict check_dnsmasq(const std::string& path, const RunTool& run) {
    const auto output = run({"dnsmasq", "--test", "--conf-file=" + path}, kPatience);
    if (!output) return not_run(output.error());
    if (output->status != 0 || output->is_timed_out) return {Word::Wrong, told(output->text)};
    return {Word::Fine, "dnsmasq reads it without complaint"};
}

FileVerdict check_nft(const std::string& path, const RunTool& run) {
    const auto output = run({"nft", "--check", "--file", path}, kPatience);
    if (!output) return not_run(output.error());
    if (output->status == 0 && !output->is_timed_out)
        return {Word::Fine, "nft would load it, and the kernel takes it"};
    if (output->text.find("Operation not permitted") != std::string::npos)
        return {Word::NotChecked, "nft asks the kernel, which only root may; run this with sudo"};
    return {Word::Wrong, told(output->text)};
}

FileVerdict check_json(const std::string& text) {
    if (nlohmann::json::accept(text)) return {Word::Fine, "it is JSON; UniFi has no checker"};
    return {Word::Wrong, "it is no JSON"};
}

FileVerdict check_section(const network::File& file, const config::Environment& environment) {
    const config::Loaded loaded = config::parse(file.text, file.name, environment);
    for (const config::Problem& problem : loaded.problems) {
        if (problem.severity == config::Problem::Severity::Error)
            return {Word::Wrong, problem.text()};
    }
    return {Word::Fine, "the hub reads it without complaint"};
}

}  // namespace

FileVerdict check_file(const network::File& file, const std::string& path, const RunTool& run,
                       const config::Environment& environment) {
    switch (file.reader) {
        case Reader::Hostapd:
            return check_hostapd(file, run);
        case Reader::Dnsmasq:
            return check_dnsmasq(path, run);
        case Reader::Nft:
            return check_nft(path, run);
        case Reader::Unifi:
            return check_json(file.text);
        case Reader::Casement:
            return check_section(file, environment);
        case Reader::Networkd:
        case Reader::Sysctl:
            break;
        case Reader::Systemd:
            return {Word::NotChecked, "systemd-analyze verify reads units only where they belong"};
        case Reader::NetworkManager:
            return {Word::NotChecked, "NetworkManager says what it thinks when it loads it"};
    }
    return {Word::NotChecked, "no program checks such a file by itself"};
}

}  // namespace casement::app::cli
