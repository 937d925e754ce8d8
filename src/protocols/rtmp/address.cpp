#include "protocols/rtmp/address.hpp"

#include "base/text.hpp"

namespace casement::protocols::rtmp {

using base::ErrorKind;
using base::fail;

namespace {

std::string_view without_slashes(std::string_view text) {
    while (text.starts_with('/')) text.remove_prefix(1);
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

void join(std::string& to, std::string_view more, char separator) {
    if (more.empty()) return;
    if (!to.empty()) to += separator;
    to += more;
}

}  // namespace

base::Result<Address> make_address(const base::Url& url) {
    if (url.scheme != "rtmp" && url.scheme != "rtmps") {
        return fail(ErrorKind::InvalidArgument,
                    "\"{}\" is not RTMP: the address begins with rtmp:// or rtmps://", url.scheme);
    }
    const std::string_view path = without_slashes(url.path);
    if (path.empty())
        return fail(ErrorKind::InvalidArgument, "the RTMP address {}://{} names no stream",
                    url.scheme, url.authority());
    // ffmpeg's rule, so that an address that plays there plays here: "app/name",
    // "app/instance/name", or just "name".
    const std::size_t first = path.find('/');
    const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
    const std::size_t cut = second == std::string_view::npos ? first : second;
    Address out;
    if (cut != std::string_view::npos) out.app = path.substr(0, cut);
    out.name = cut == std::string_view::npos ? path : path.substr(cut + 1);
    if (!url.query.empty()) out.name += '?' + url.query;
    out.tc_url = url.scheme + "://" + url.authority() + '/' + out.app;
    return out;
}

StreamPath make_stream_path(std::string_view app, std::string_view name) {
    StreamPath out;
    std::string name_query;
    for (std::string_view part : {app, name}) {
        const std::string_view path = base::take_until(part, '?');
        join(out.path, without_slashes(path), '/');
        // OBS puts the query of its server field in front of a slash: "live?user=u&pass=p/".
        join(out.query, without_slashes(part), '&');
    }
    return out;
}

std::string query_value(std::string_view query, std::string_view key) {
    while (!query.empty()) {
        std::string_view pair = base::take_until(query, '&');
        if (base::take_until(pair, '=') == key) return base::percent_decoded(pair);
    }
    return {};
}

}  // namespace casement::protocols::rtmp
