#pragma once
// The configuration file as a tree of plain values that remember where they stood. Only node.cpp
// sees the YAML library.

#include <string>
#include <string_view>
#include <vector>

#include "app/config/problem.hpp"

namespace casement::app::config {

struct Entry;

struct Node {
    enum class Kind { Null, Scalar, List, Map };
    Kind kind = Kind::Null;
    Place place;
    std::string text;  // of a scalar, as written: references are not resolved yet
    std::vector<Node> items;
    std::vector<Entry> entries;

    bool is_null() const { return kind == Kind::Null; }
    bool is_scalar() const { return kind == Kind::Scalar; }
    bool is_list() const { return kind == Kind::List; }
    bool is_map() const { return kind == Kind::Map; }
    /// The value of `key` in a map; nullptr when it is not there.
    const Node* find(std::string_view key) const;
    Node* find(std::string_view key);
    /// "a list", "a mapping"...: for messages.
    std::string_view kind_name() const;
};

struct Entry {
    std::string key;
    Place key_place;
    Node value;
};

/// A file of settings has some hundred nodes; an alias bomb has millions.
inline constexpr std::size_t kMaxNodes = 20'000;
inline constexpr std::size_t kMaxDepth = 16;
inline constexpr std::size_t kMaxFileBytes = 1 << 20;

/// Reads one YAML document; an empty one gives an empty map. Syntax errors, doubled keys and
/// exceeded limits are added to `problems`.
Node parse_yaml(std::string_view text, const std::string& file, Problems& problems);

}  // namespace casement::app::config
