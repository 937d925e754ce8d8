#pragma once
// Small pieces that all commands share: reading JSON that may lack anything, tables, failures.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/cli/commands.hpp"

namespace casement::app::cli {

/// The text under `key`; empty when it is not there or no text.
std::string text_at(const nlohmann::json& json, std::string_view key);
/// The value under `key`; null when it is not there.
const nlohmann::json& value_at(const nlohmann::json& json, std::string_view key);
/// The list under `key`; an empty one when it is not there or no list.
const nlohmann::json& list_at(const nlohmann::json& json, std::string_view key);
double number_at(const nlohmann::json& json, std::string_view key);
/// As a person reads it: on, off, 40, text.
std::string shown(const nlohmann::json& value);

/// Columns as wide as their widest cell; the first row is the heading.
class Table {
public:
    explicit Table(std::vector<std::string> heading) { add(std::move(heading)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// Writes "casement: sentence" and answers kFailed.
int fail_with(const Console& console, const base::Error& error);

/// "/api/v1/cameras/porch" with the id encoded, and `rest` behind it.
std::string camera_path(std::string_view id, std::string_view rest = {});
/// The camera, or NotFound with the name that was probably meant and those there are.
base::Result<nlohmann::json> find_camera(Hub& hub, const std::string& id);
/// An error about one camera: where it is NotFound without a code, the camera itself is unknown and
/// the names are looked up.
base::Error explain(Hub& hub, const std::string& camera, base::Error error);

/// A word of the command line as JSON: true, 40, {"on":true}; anything else is a text.
nlohmann::json json_word(const std::string& word);

/// Writes beside `path` and renames when it is whole, so that a broken connection leaves no half
/// file. "-" is standard output.
class OutputFile {
public:
    static base::Result<std::unique_ptr<OutputFile>> open(const std::string& path,
                                                          std::ostream& standard_output);
    ~OutputFile();
    base::Result<> write(std::string_view bytes);
    base::Result<> finish();
    std::uint64_t size() const { return size_; }

private:
    OutputFile(std::string path, std::ostream& standard_output)
        : path_(std::move(path)), standard_output_(standard_output) {}
    bool is_standard_output() const { return path_ == "-"; }

    const std::string path_;
    std::ostream& standard_output_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace casement::app::cli
