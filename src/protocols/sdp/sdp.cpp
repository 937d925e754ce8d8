#include "protocols/sdp/sdp.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace casement::protocols::sdp {

namespace {

using base::ErrorKind;

std::optional<std::string_view> find(const std::vector<Attribute>& attributes,
                                     std::string_view name) {
    const auto found = std::ranges::find_if(
        attributes, [&](const Attribute& a) { return base::iequals(a.name, name); });
    if (found == attributes.end()) return std::nullopt;
    return found->value;
}

Attribute parse_attribute(std::string_view line) {
    const std::string_view name = base::take_until(line, ':');
    return {std::string(base::trimmed(name)), std::string(base::trimmed(line))};
}

/// m=<media> <port>[/<number>] <proto> <fmt> ...
base::Result<Media> parse_media(std::string_view line) {
    Media media;
    std::string_view rest = base::trimmed(line);
    media.type = base::lower_case(base::take_until(rest, ' '));
    std::string_view port = base::take_until(rest, ' ');
    // Of no use in RTSP, so a strange one does no harm.
    media.port = base::parse_number<std::uint16_t>(base::take_until(port, '/')).value_or(0);
    media.protocol = base::take_until(rest, ' ');
    while (!rest.empty()) {
        const std::string_view format = base::trimmed(base::take_until(rest, ' '));
        if (format.empty()) continue;
        if (media.formats.size() == kMaxFormats)
            return base::fail(ErrorKind::ResourceExhausted,
                              "SDP names over {} formats in one m= line", kMaxFormats);
        media.formats.emplace_back(format);
    }
    return media;
}

class LineReader {
public:
    explicit LineReader(Description& out) : out_(out) {}

    base::Result<> take(char type, std::string_view value) {
        switch (type) {
            case 'v':
                has_version_ = true;
                break;
            case 'o':
                out_.origin = value;
                break;
            case 's':
                out_.name = value;
                break;
            case 'c':
                if (out_.media.empty()) out_.connection = value;
                break;
            case 'm':
                return begin_media(value);
            case 'a':
                return add_attribute(value);
            default:
                break;  // RFC 8866 §5: b=, t=, i= and the like say nothing that RTSP needs
        }
        return {};
    }
    bool is_description() const { return has_version_ || !out_.media.empty(); }

private:
    base::Result<> begin_media(std::string_view value) {
        if (out_.media.size() == kMaxMedia)
            return base::fail(ErrorKind::ResourceExhausted, "SDP has over {} m= lines", kMaxMedia);
        CASEMENT_TRY(auto media, parse_media(value));
        out_.media.push_back(std::move(media));
        return {};
    }
    base::Result<> add_attribute(std::string_view value) {
        auto& attributes = out_.media.empty() ? out_.attributes : out_.media.back().attributes;
        if (attributes.size() == kMaxAttributes)
            return base::fail(ErrorKind::ResourceExhausted,
                              "SDP has over {} attributes in one section", kMaxAttributes);
        attributes.push_back(parse_attribute(value));
        return {};
    }

    Description& out_;
    bool has_version_ = false;
};

void write_attributes(std::string& out, const std::vector<Attribute>& attributes) {
    for (const Attribute& a : attributes) {
        out += a.value.empty() ? fmt::format("a={}\r\n", a.name)
                               : fmt::format("a={}:{}\r\n", a.name, a.value);
    }
}

}  // namespace

std::optional<std::string_view> Media::attribute(std::string_view name) const {
    return find(attributes, name);
}

std::optional<std::string_view> Media::attribute_of(std::string_view name,
                                                    std::uint8_t payload_type) const {
    for (const Attribute& a : attributes) {
        if (!base::iequals(a.name, name)) continue;
        std::string_view rest = a.value;
        if (base::parse_number<std::uint8_t>(base::take_until(rest, ' ')) == payload_type)
            return base::trimmed(rest);
    }
    return std::nullopt;
}

std::optional<std::string_view> Description::attribute(std::string_view wanted) const {
    return find(attributes, wanted);
}

base::Result<Description> parse(std::string_view text) {
    if (text.size() > kMaxBytes)
        return base::fail(ErrorKind::ResourceExhausted, "SDP of {} bytes; the limit is {}",
                          text.size(), kMaxBytes);
    Description out;
    LineReader reader(out);
    while (!text.empty()) {
        const std::string_view line = base::trimmed(base::take_until(text, '\n'));
        if (line.size() < 2 || line[1] != '=') continue;
        CASEMENT_TRY(reader.take(line[0], base::trimmed(line.substr(2))));
    }
    if (!reader.is_description())
        return base::fail(ErrorKind::InvalidArgument,
                          "no session description: neither v= nor m= line");
    return out;
}

std::string write(const Description& d) {
    std::string out =
        fmt::format("v=0\r\no={}\r\ns={}\r\n", d.origin.empty() ? "- 0 0 IN IP4 0.0.0.0" : d.origin,
                    d.name.empty() ? "-" : d.name);
    if (!d.connection.empty()) out += fmt::format("c={}\r\n", d.connection);
    out += "t=0 0\r\n";
    write_attributes(out, d.attributes);
    for (const Media& media : d.media) {
        out += fmt::format("m={} {} {}", media.type, media.port, media.protocol);
        for (const std::string& format : media.formats) out += " " + format;
        out += "\r\n";
        write_attributes(out, media.attributes);
    }
    return out;
}

}  // namespace casement::protocols::sdp
