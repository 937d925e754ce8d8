#include "sources/snapshots/answer.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace casement::sources::snapshots {

using base::Error;
using base::ErrorKind;
using Kind = Answer::Kind;

namespace {

// However long the server asks for: a camera's pictures are looked for again within the hour.
constexpr std::chrono::seconds kLongestWait{3600};
constexpr std::chrono::seconds kShortestWait{1};

Answer wait(std::chrono::milliseconds time, Error why) {
    return {.kind = Kind::Wait, .wait = time, .error = std::move(why)};
}

/// RFC 9110 §10.2.3: seconds, or a date.
std::optional<std::chrono::milliseconds> retry_after(const net::Headers& headers,
                                                     base::WallTime now) {
    const std::string_view said = base::trimmed(headers.get("Retry-After"));
    std::optional<std::chrono::milliseconds> out;
    if (const auto seconds = base::parse_number<std::uint32_t>(said)) {
        out = std::chrono::seconds(*seconds);
    } else if (const auto date = net::parse_http_date(said)) {
        out = std::chrono::duration_cast<std::chrono::milliseconds>(*date - now);
    }
    if (!out) return std::nullopt;
    return std::clamp<std::chrono::milliseconds>(*out, kShortestWait, kLongestWait);
}

Answer read_picture(const net::ClientResponse& answer) {
    if (answer.body.empty()) return {};
    const base::ByteSpan body = base::as_bytes(answer.body);
    if (const auto info = media::jpeg::parse(body)) return {.kind = Kind::Picture, .info = *info};
    const std::string_view type = base::trimmed(answer.headers.get("Content-Type"));
    return {.kind = Kind::Broken,
            .error = Error(ErrorKind::Unsupported, "codec",
                           fmt::format("{} bytes of \"{}\", which are no whole JPEG", body.size(),
                                       type.substr(0, std::min<std::size_t>(type.find(';'), 60))))};
}

}  // namespace

Answer read_answer(const camera::AskPictures& way, const net::ClientResponse& answer,
                   base::WallTime now) {
    const int status = answer.status;
    if (status == 200) return read_picture(answer);
    if (status == 204) return {};
    if (status == 401 || status == 403) return {.kind = Kind::Refused};
    // Switched off, without a way to the vendor, or an account that has new terms to accept.
    if (status == 404)
        return wait(way.when_off, Error(ErrorKind::NotFound, "off",
                                        "the vendor has no picture of this camera: it is switched "
                                        "off or has no connection"));
    if (status == 429)
        return wait(
            retry_after(answer.headers, now).value_or(way.when_busy),
            Error(ErrorKind::ResourceExhausted, "quota", "the vendor asks for fewer questions"));
    if (status >= 500 || status == 408)
        return wait(
            std::max(retry_after(answer.headers, now).value_or(way.when_down), way.when_down),
            net::status_error("ask for a picture", status));
    return {.kind = Kind::Wrong, .error = net::status_error("ask for a picture", status)};
}

}  // namespace casement::sources::snapshots
