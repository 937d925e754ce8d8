#include "app/config/node.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace casement::app::config {

namespace {

template <typename Entries>
auto* find_in(Entries& entries, std::string_view key) {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &found->value;
}

/// Builds the tree from parser events, so that neither depth nor aliases of the input can exhaust
/// anything of ours.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

    Node take() { return std::move(root_); }
    Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(fresh(Node::Kind::Null, mark), anchor, mark);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end())
            throw YAML::Exception(mark, "this alias lies inside what it stands for");
        count(known->second, mark);
        add(known->second, 0, mark);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = fresh(Node::Kind::Scalar, mark);
        // YAML 1.2 §10.2.1.1: the plain words for nothing. "?" is the tag of a plain scalar.
        if (tag == "?" && (value == "null" || value == "~" || value == "Null" || value == "NULL"))
            node.kind = Node::Kind::Null;
        node.text = value;
        add(std::move(node), anchor, mark);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(fresh(Node::Kind::List, mark), anchor, mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(fresh(Node::Kind::Map, mark), anchor, mark);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        Node node;
        YAML::anchor_t anchor;
        YAML::Mark mark;
        bool has_key = false;
        std::string key;
        Place key_place;
    };

    Node fresh(Node::Kind kind, const YAML::Mark& mark) {
        count_one(mark);
        Node node;
        node.kind = kind;
        node.place = place(mark);
        return node;
    }

    void count_one(const YAML::Mark& mark) {
        if (++nodes_ > kMaxNodes)
            throw YAML::Exception(mark, fmt::format("more than {} values in one file", kMaxNodes));
    }

    void count(const Node& node, const YAML::Mark& mark) {
        // Depth is bounded by kMaxDepth, so this recursion is too.
        count_one(mark);
        for (const Node& item : node.items) count(item, mark);
        for (const Entry& entry : node.entries) count(entry.value, mark);
    }

    void open(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
        if (stack_.size() >= kMaxDepth)
            throw YAML::Exception(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
        stack_.push_back({std::move(node), anchor, mark, false, {}, {}});
    }

    void close() {
        Open done = std::move(stack_.back());
        stack_.pop_back();
        add(std::move(done.node), done.anchor, done.mark);
    }

    void add(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
        if (anchor != 0) anchors_[anchor] = node;
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = stack_.back();
        if (parent.node.is_list()) {
            parent.node.items.push_back(std::move(node));
        } else if (parent.has_key) {
            parent.has_key = false;
            add_entry(parent, std::move(node));
        } else {
            if (!node.is_scalar() && !node.is_null())
                throw YAML::Exception(mark, "a key must be a word");
            parent.has_key = true;
            parent.key = std::move(node.text);
            parent.key_place = std::move(node.place);
        }
    }

    void add_entry(Open& parent, Node value) {
        const auto twin = std::ranges::find(parent.node.entries, parent.key, &Entry::key);
        if (twin == parent.node.entries.end()) {
            parent.node.entries.push_back(
                {std::move(parent.key), std::move(parent.key_place), std::move(value)});
            return;
        }
        problems_.push_back(
            {Problem::Severity::Error, parent.key_place,
             fmt::format("\"{}\" stands here a second time; the first is in line {}", parent.key,
                         twin->key_place.line)});
    }

    const std::string& file_;
    Problems& problems_;
    Node root_;
    std::vector<Open> stack_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::size_t nodes_ = 0;
};

}  // namespace

const Node* Node::find(std::string_view key) const { return find_in(entries, key); }
Node* Node::find(std::string_view key) { return find_in(entries, key); }

std::string_view Node::kind_name() const {
    switch (kind) {
        case Kind::Null:
            return "nothing";
        case Kind::Scalar:
            return "a single value";
        case Kind::List:
            return "a list";
        case Kind::Map:
            return "a mapping";
    }
    return "nothing";
}

Node parse_yaml(std::string_view text, const std::string& file, Problems& problems) {
    Node empty;
    empty.kind = Node::Kind::Map;
    empty.place = {file, 1, 1};
    const auto complain = [&](Place place, std::string message) {
        problems.push_back({Problem::Severity::Error, std::move(place), std::move(message)});
        return empty;
    };
    if (text.size() > kMaxFileBytes)
        return complain(
            {file, 1, 1},
            fmt::format("larger than {} bytes: this is not a configuration", kMaxFileBytes));

    TreeBuilder builder(file, problems);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) return empty;
        Node root = builder.take();
        TreeBuilder rest(file, problems);
        if (parser.HandleNextDocument(rest)) {
            Node second = rest.take();
            return complain(second.place,
                            "a second document begins here; the configuration is one document");
        }
        if (root.is_null()) return empty;
        if (!root.is_map())
            return complain(
                root.place,
                fmt::format("the file must be a mapping of keys, like `linger: 10s`, and is {}",
                            root.kind_name()));
        return root;
    } catch (const YAML::Exception& e) {
        // The library's words name tokens, never values of the file.
        return complain(builder.place(e.mark), fmt::format("not readable as YAML: {}", e.msg));
    }
}

}  // namespace casement::app::config
