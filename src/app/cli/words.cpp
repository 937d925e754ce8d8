#include "app/cli/words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ostream>

#include "app/suggest.hpp"
#include "base/url.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

namespace {

/// Characters, not bytes: names may hold anything.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// What the hub passes on from cameras and vendors must not steer the terminal.
std::string harmless(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return out;
}

}  // namespace

const nlohmann::json& value_at(const nlohmann::json& json, std::string_view key) {
    static const nlohmann::json none;
    if (!json.is_object()) return none;
    const auto found = json.find(key);
    return found == json.end() ? none : *found;
}

std::string text_at(const nlohmann::json& json, std::string_view key) {
    const nlohmann::json& value = value_at(json, key);
    return value.is_string() ? harmless(value.get<std::string>()) : std::string{};
}

const nlohmann::json& list_at(const nlohmann::json& json, std::string_view key) {
    static const nlohmann::json empty = nlohmann::json::array();
    const nlohmann::json& value = value_at(json, key);
    return value.is_array() ? value : empty;
}

double number_at(const nlohmann::json& json, std::string_view key) {
    const nlohmann::json& value = value_at(json, key);
    return value.is_number() ? value.get<double>() : 0;
}

std::string shown(const nlohmann::json& value) {
    if (value.is_null()) return "not known";
    if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
    if (value.is_string()) return harmless(value.get<std::string>());
    if (value.is_object() && value.contains("on")) {
        const std::string state = shown(value["on"]);
        return value.contains("level") ? fmt::format("{}, level {}", state, value["level"].dump())
                                       : state;
    }
    return harmless(value.dump());
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

int fail_with(const Console& console, const base::Error& error) {
    console.err << "casement: " << harmless(error.message()) << "\n";
    return kFailed;
}

std::string camera_path(std::string_view id, std::string_view rest) {
    return fmt::format("/api/v1/cameras/{}{}", base::percent_encoded(id), rest);
}

base::Error explain(Hub& hub, const std::string& camera, base::Error error) {
    if (!error.is(base::ErrorKind::NotFound) || !error.reason().empty()) return error;
    const auto answer = ask_json(hub, {.method = "GET", .path = "/api/v1/cameras", .body = {}});
    if (!answer) return error;
    std::vector<std::string> ids;
    for (const nlohmann::json& other : list_at(*answer, "cameras"))
        ids.push_back(text_at(other, "id"));
    if (std::ranges::find(ids, camera) != ids.end()) return error;
    std::string sentence =
        fmt::format("there is no camera \"{}\"{}", camera, did_you_mean(camera, ids));
    if (nearest(camera, ids).empty())
        sentence += ids.empty() ? "; there is none yet"
                                : fmt::format("; there are {}", fmt::join(ids, ", "));
    return {base::ErrorKind::NotFound, std::move(sentence)};
}

base::Result<nlohmann::json> find_camera(Hub& hub, const std::string& id) {
    auto answer = ask_json(hub, {.method = "GET", .path = camera_path(id), .body = {}});
    if (!answer) return std::unexpected(explain(hub, id, answer.error()));
    return answer;
}

nlohmann::json json_word(const std::string& word) {
    nlohmann::json parsed = nlohmann::json::parse(word, nullptr, false);
    return parsed.is_discarded() ? nlohmann::json(word) : parsed;
}

base::Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path,
                                                           std::ostream& standard_output) {
    std::unique_ptr<OutputFile> out(new OutputFile(path, standard_output));
    if (out->is_standard_output()) return out;
    // Footage of a home is nobody else's business: 0600.
    out->descriptor_ =
        ::open((path + ".part").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out->descriptor_ < 0) return std::unexpected(store::file_error(errno, "write " + path));
    return out;
}

OutputFile::~OutputFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink((path_ + ".part").c_str());
}

base::Result<> OutputFile::write(std::string_view bytes) {
    size_ += bytes.size();
    if (is_standard_output()) {
        if (!standard_output_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
            return base::fail(base::ErrorKind::Unavailable, "standard output was closed");
        }
        return {};
    }
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(store::file_error(errno, "write " + path_));
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

base::Result<> OutputFile::finish() {
    if (is_standard_output()) {
        standard_output_.flush();
        return {};
    }
    if (::fsync(descriptor_) != 0 && errno != EINVAL)
        return std::unexpected(store::file_error(errno, "write " + path_));
    if (::rename((path_ + ".part").c_str(), path_.c_str()) != 0)
        return std::unexpected(store::file_error(errno, "write " + path_));
    ::close(descriptor_);
    descriptor_ = -1;
    return {};
}

}  // namespace casement::app::cli
