#pragma once
// A node on its way to becoming a member of a struct: it knows its path, resolves references and
// reports what is wrong.

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/node.hpp"
#include "app/config/references.hpp"

namespace casement::app::config {

/// What one reading of a file shares. Not thread-safe.
struct Reading {
    Problems& problems;
    const Environment& environment;
};

class Value {
public:
    Value(Reading& reading, const Node& node, std::string path)
        : reading_(&reading), node_(&node), path_(std::move(path)) {}

    const Node& node() const { return *node_; }
    /// "cameras.porch.record"; empty for the whole file.
    const std::string& path() const { return path_; }
    Reading& reading() const { return *reading_; }

    Value child(const Entry& entry) const {
        return {*reading_, entry.value, path_.empty() ? entry.key : path_ + "." + entry.key};
    }
    Value item(std::size_t index) const {
        return {*reading_, node_->items[index], fmt::format("{}[{}]", path_, index)};
    }

    void error(std::string message) const {
        report(Problem::Severity::Error, node_->place, std::move(message));
    }
    void error_at(const Place& place, std::string message) const {
        report(Problem::Severity::Error, place, std::move(message));
    }
    void warning(std::string message) const {
        report(Problem::Severity::Warning, node_->place, std::move(message));
    }
    /// "linger needs a duration, like 10s; it is \"ten\"". Shows what the file says, never what a
    /// reference stands for.
    void wrong(std::string_view kind, std::string_view example) const;

    /// The scalar in its pieces; nullopt after reporting that it is none, or that a reference has
    /// no value.
    std::optional<std::vector<Piece>> pieces(std::string_view kind, std::string_view example) const;
    /// The same as one text.
    std::optional<std::string> text(std::string_view kind, std::string_view example) const;

private:
    void report(Problem::Severity severity, const Place& place, std::string message) const {
        reading_->problems.push_back({severity, place, std::move(message)});
    }

    Reading* reading_;
    const Node* node_;
    std::string path_;
};

}  // namespace casement::app::config
