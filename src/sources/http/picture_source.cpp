#include "sources/http/picture_source.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/text.hpp"
#include "net/http_client.hpp"
#include "net/watchdog.hpp"

namespace casement::sources::http {

using base::ErrorKind;
using base::Result;

namespace {

// Cameras on Wi-Fi that sleep between requests take up to five seconds for the first one.
constexpr std::chrono::seconds kAnswerPatience{10};
// Without a whole picture. Door cameras send one every few seconds at night.
constexpr std::chrono::seconds kPicturePatience{15};
// For a camera that was expected to stream and sends single pictures.
constexpr std::chrono::seconds kPollWhenSingle{1};

net::HttpClientOptions client_options(const base::Url& url, const camera::Connection& connection) {
    net::HttpClientOptions options;
    options.connect.bind_address = connection.bind_address;
    options.connect.resolve = connection.resolve;
    if (url.scheme == "https") {
        net::TlsOptions tls;
        tls.ca_file = connection.ca_file;
        options.connect.tls = std::move(tls);
    }
    return options;
}

template <typename Way>
net::ClientRequest request_for(const Way& way) {
    net::ClientRequest request;
    request.url = way.url.without_credentials();
    request.credentials = {way.url.user, way.url.password};
    request.max_body_bytes = MultipartPictures::kMaxPictureBytes;
    for (const auto& [name, value] : way.headers) request.headers.add(name, value.reveal());
    return request;
}

Result<> check_status(int status) {
    if (status >= 200 && status < 300) return {};
    const base::Error error = net::status_error("ask the camera for a picture", status);
    return std::unexpected(status == 401 ? error.with_reason("wrong-password") : error);
}

std::unexpected<base::Error> no_picture(std::string_view content_type) {
    return base::fail_because(
        "codec", ErrorKind::Unsupported, "it sends \"{}\", which is no JPEG",
        base::trimmed(content_type.substr(0, std::min(content_type.find(';'), std::size_t{60}))));
}

bool is_multipart(std::string_view content_type) {
    return base::lower_case(content_type).starts_with("multipart/");
}

/// What both ways share: the client of one run and the stage that its pictures go to.
struct Session {
    Session(const async::Executor& executor, const base::Url& url,
            const camera::Connection& connection, const Surroundings& surroundings,
            Pictures pictures)
        : client(executor, client_options(url, connection)),
          publisher(executor, surroundings, pictures) {}
    net::HttpClient client;
    PicturePublisher publisher;
};

async::Task<Result<>> poll(Session& session, net::ClientRequest request,
                           std::chrono::milliseconds interval) {
    for (;;) {
        const auto next = std::chrono::steady_clock::now() + interval;
        CASEMENT_CO_TRY(
            net::ClientResponse answer,
            co_await session.client.send(request, async::Deadline::in(kAnswerPatience)));
        CASEMENT_CO_TRY(check_status(answer.status));
        const auto info = media::jpeg::parse(base::as_bytes(answer.body));
        if (!info) co_return no_picture(answer.headers.get("Content-Type"));
        session.publisher.offer(
            {media::Bytes::copy_of(base::as_bytes(answer.body).first(info->size_bytes)), *info});
        CASEMENT_CO_TRY(co_await async::sleep_for(std::max(
            next - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero())));
    }
}

async::Task<Result<>> read_parts(Session& session, net::ResponseReader& answer) {
    MultipartPictures pictures(answer.headers().get("Content-Type"));
    net::Watchdog watchdog(answer.stream(), kPicturePatience);
    for (;;) {
        const auto piece = co_await answer.read();
        if (!piece && watchdog.barked()) {
            co_return base::fail_because("stalled", ErrorKind::DeadlineExceeded,
                                         "no picture for {} s", kPicturePatience.count());
        }
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty())
            co_return base::fail(ErrorKind::Unavailable, "the camera ended the stream");
        pictures.push(*piece);
        for (;;) {
            CASEMENT_CO_TRY(auto picture, pictures.next());
            if (!picture) break;
            watchdog.feed();
            session.publisher.offer(std::move(*picture));
        }
    }
}

async::Task<Result<>> stream(Session& session, net::ClientRequest request) {
    CASEMENT_CO_TRY(const auto answer,
                    co_await session.client.open(request, async::Deadline::in(kAnswerPatience)));
    CASEMENT_CO_TRY(check_status(answer->status()));
    const std::string content_type(answer->headers().get("Content-Type"));
    if (is_multipart(content_type)) co_return co_await read_parts(session, *answer);
    if (base::lower_case(content_type).starts_with("image/jpeg"))
        co_return co_await poll(session, std::move(request), kPollWhenSingle);
    co_return no_picture(content_type);
}

}  // namespace

PictureSource::PictureSource(camera::HttpMjpeg way, Surroundings surroundings, Pictures pictures)
    : way_(std::move(way)), surroundings_(std::move(surroundings)), pictures_(pictures) {}
PictureSource::PictureSource(camera::HttpJpegPoll way, Surroundings surroundings, Pictures pictures)
    : way_(std::move(way)), surroundings_(std::move(surroundings)), pictures_(pictures) {}

std::string PictureSource::description() const {
    return std::visit([](const auto& way) { return way.url.without_credentials(); }, way_);
}

async::Task<Result<>> PictureSource::run(hub::StreamWriter& writer) {
    using namespace boost::asio::experimental::awaitable_operators;
    const async::Executor executor = co_await boost::asio::this_coro::executor;
    // Reading and encoding run side by side: a slow encoder must not make the camera's pictures
    // old. The first to end ends both.
    if (const auto* mjpeg = std::get_if<camera::HttpMjpeg>(&way_)) {
        Session session(executor, mjpeg->url, mjpeg->connection, surroundings_, pictures_);
        auto ended =
            co_await (stream(session, request_for(*mjpeg)) || session.publisher.run(writer));
        co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
    }
    const auto& jpeg = std::get<camera::HttpJpegPoll>(way_);
    Session session(executor, jpeg.url, jpeg.connection, surroundings_, pictures_);
    auto ended =
        co_await (poll(session, request_for(jpeg), jpeg.interval) || session.publisher.run(writer));
    co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
}

async::Task<> PictureSource::close(async::Deadline) { co_return; }

}  // namespace casement::sources::http
