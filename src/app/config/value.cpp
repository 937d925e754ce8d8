#include "app/config/value.hpp"

namespace casement::app::config {

namespace {

/// A value of the file in a message: short, and on one line.
std::string in_quotes(std::string_view text) {
    constexpr std::size_t kMaxShown = 60;
    std::string out = "\"";
    for (const char c : text.substr(0, kMaxShown))
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    return out + (text.size() > kMaxShown ? "...\"" : "\"");
}

}  // namespace

void Value::wrong(std::string_view kind, std::string_view example) const {
    const std::string found =
        node_->is_scalar() ? in_quotes(node_->text) : std::string(node_->kind_name());
    error(fmt::format("{} needs {}, like {}; it is {}", path_, kind, example, found));
}

std::optional<std::vector<Piece>> Value::pieces(std::string_view kind,
                                                std::string_view example) const {
    if (node_->is_null()) {
        error(
            fmt::format("{} has no value; write {}, like {}, or leave the line out for the default",
                        path_, kind, example));
        return std::nullopt;
    }
    if (!node_->is_scalar()) {
        wrong(kind, example);
        return std::nullopt;
    }
    auto resolved = resolve_references(node_->text, reading_->environment);
    if (!resolved) {
        error(fmt::format("{}: {}", path_, resolved.error().message()));
        return std::nullopt;
    }
    return std::move(*resolved);
}

std::optional<std::string> Value::text(std::string_view kind, std::string_view example) const {
    auto parts = pieces(kind, example);
    if (!parts) return std::nullopt;
    return joined(*parts);
}

}  // namespace casement::app::config
