// URLs in the configuration: where a password may stand, and how references become part of one.

#include <algorithm>
#include <array>

#include "app/config/kinds.hpp"
#include "base/log.hpp"

namespace casement::app::config {

namespace {

constexpr char kReference = '\x01';  // stands for one reference in the outline of a URL

/// The text with each reference as one character, and which piece each character belongs to.
struct Outline {
    std::string text;
    std::vector<std::size_t> piece;
};

Outline outline_of(const std::vector<Piece>& pieces) {
    Outline out;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        out.text += pieces[i].is_reference() ? std::string(1, kReference) : pieces[i].text;
        out.piece.resize(out.text.size(), i);
    }
    return out;
}

/// Where the credentials stand: [begin, end) with the @ at end; equal when there are none.
struct Credentials {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t password = std::string::npos;  // its first character, where a colon is written
};

Credentials credentials_in(std::string_view outline) {
    const std::size_t scheme = outline.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::size_t begin = scheme + 3;
    const std::string_view authority =
        outline.substr(begin, outline.find_first_of("/?#", begin) - begin);
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) return {begin, begin};
    Credentials out{begin, begin + at};
    if (const std::size_t colon = authority.substr(0, at).find(':');
        colon != std::string_view::npos)
        out.password = begin + colon + 1;
    return out;
}

bool has_written_password(const std::vector<Piece>& pieces, const Outline& outline,
                          const Credentials& where) {
    for (std::size_t i = where.password; i < where.end; ++i) {
        const Piece& piece = pieces[outline.piece[i]];
        if (piece.is_written_in_file() && !piece.text.empty()) return true;
    }
    return false;
}

/// A reference among the credentials may hold any character, so it is encoded; one that holds both
/// parts keeps its first colon.
std::string encoded_credential(const std::string& text, bool may_hold_both) {
    const std::size_t colon = may_hold_both ? text.find(':') : std::string::npos;
    if (colon == std::string::npos) return base::percent_encoded(text);
    return base::percent_encoded(text.substr(0, colon)) + ":" +
           base::percent_encoded(text.substr(colon + 1));
}

void mask(const std::string& secret) {
    base::mask_in_logs(secret);
    base::mask_in_logs(base::percent_encoded(secret));
}

std::string expand(const std::vector<Piece>& pieces, const Outline& outline,
                   const Credentials& where) {
    std::string out;
    const std::size_t path = outline.text.find_first_of("/?#", where.end);
    for (std::size_t i = 0; i < outline.text.size(); ++i) {
        const Piece& piece = pieces[outline.piece[i]];
        if (!piece.is_reference()) {
            out += outline.text[i];
            continue;
        }
        const bool is_credential = i >= where.begin && i < where.end;
        out += is_credential ? encoded_credential(piece.text, where.password == std::string::npos)
                             : piece.text;
        // Host and port are no secrets, but keys in the path are.
        if (is_credential || i > path) mask(piece.text);
    }
    return out;
}

constexpr std::array<std::string_view, 6> kSourceSchemes{"rtsp",  "rtsps", "rtmp",
                                                         "rtmps", "http",  "https"};
constexpr std::array<std::string_view, 6> kAnySchemes{"http", "https", "ws",
                                                      "wss",  "mqtt",  "mqtts"};

}  // namespace

std::optional<base::Url> read_url(const Value& value, std::span<const std::string_view> schemes,
                                  std::string_view example) {
    if (!value.node().is_scalar() && !value.node().is_null()) {
        value.error(fmt::format("{} needs a URL, like {}; it is {}", value.path(), example,
                                value.node().kind_name()));
        return std::nullopt;
    }
    const auto pieces = value.pieces("a URL", example);
    if (!pieces) return std::nullopt;
    const Outline outline = outline_of(*pieces);
    const Credentials where = credentials_in(outline.text);
    if (where.password != std::string::npos && has_written_password(*pieces, outline, where)) {
        value.error(
            fmt::format("{} holds a password, which must not stand in this file; put it in an "
                        "environment variable or in a file of its own, "
                        "and write ${{NAME}} or ${{file:/run/secrets/name}} in its place",
                        value.path()));
        return std::nullopt;
    }
    // A URL that is one reference from its beginning is secret as a whole, but for the host.
    const bool is_whole =
        outline.text.starts_with(kReference) && outline.text.find("://") == std::string::npos;
    const bool is_default = is_whole && (*pieces)[0].origin == Piece::Origin::Default;
    auto url = base::Url::parse(is_whole ? joined(*pieces) : expand(*pieces, outline, where));
    if (!url) {
        value.error(fmt::format("{}: {}; a URL looks like {}", value.path(), url.error().message(),
                                example));
        return std::nullopt;
    }
    if (is_default && !url->password.empty()) {
        value.error(fmt::format(
            "{}: the default of the reference holds a password, which must not stand in this file",
            value.path()));
        return std::nullopt;
    }
    if (is_whole && !is_default && url->target().size() > 1) base::mask_in_logs(url->target());
    mask(url->password.reveal());
    if (std::ranges::find(schemes, std::string_view(url->scheme)) == schemes.end()) {
        const std::vector<std::string> known(schemes.begin(), schemes.end());
        // The scheme is repeated where the file itself says it, not where a reference does.
        const bool is_written = value.node().text.starts_with(url->scheme + "://");
        value.error(fmt::format("{}: {} is not known here (there are {}){}", value.path(),
                                is_written ? url->scheme + "://" : "this kind of URL",
                                fmt::join(known, ", "),
                                is_written ? did_you_mean(url->scheme, known) : ""));
        return std::nullopt;
    }
    return std::move(*url);
}

Shape Kind<base::Url>::shape(const base::Url&) {
    Shape out;
    out.kind = "a URL";
    return out;
}
bool Kind<base::Url>::read(const Value& value, base::Url& out) {
    auto url = read_url(value, kAnySchemes, "\"https://example.test/hook\"");
    if (url) out = std::move(*url);
    return url.has_value();
}

Shape Kind<Source>::shape(const Source&) {
    Shape out;
    out.kind = "push, or a URL of rtsp, rtsps, rtmp, rtmps, http, https or file";
    return out;
}
bool Kind<Source>::read(const Value& value, Source& out) {
    constexpr std::string_view kFile = "file://";
    if (value.node().text == "push") {
        out = PushSource{};
        return true;
    }
    if (value.node().text.starts_with(kFile)) {
        const auto text = value.text("a file", "\"file:///media/garden.mp4\"");
        if (!text) return false;
        FileSource file{text->substr(kFile.size())};
        if (!file.path.starts_with('/')) {
            value.error(fmt::format("{} needs an absolute path, like \"file:///media/garden.mp4\"",
                                    value.path()));
            return false;
        }
        out = std::move(file);
        return true;
    }
    auto url =
        read_url(value, kSourceSchemes, "\"rtsp://user:${PASSWORD}@10.0.0.9/stream1\", or push");
    if (url) out = PullSource{std::move(*url)};
    return url.has_value();
}

}  // namespace casement::app::config
