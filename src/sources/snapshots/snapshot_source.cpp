#include "sources/snapshots/snapshot_source.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/text.hpp"
#include "media/time.hpp"
#include "sources/http/multipart_pictures.hpp"

namespace casement::sources::snapshots {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr std::uint32_t kClockRate = 90'000;
// A server that has to wake something up takes seconds; one that takes longer is asked anew.
constexpr std::chrono::seconds kAnswerTime{15};
constexpr std::chrono::seconds kProofTime{30};
constexpr int kMostBrokenInARow = 10;
// Of the disk, after it did not take a film.
constexpr std::chrono::seconds kFilmAgain{60};
// For the folder of films, while an older run of the same camera ends.
constexpr std::chrono::milliseconds kFolderAgain{200};
constexpr int kFolderTries = 50;

net::HttpClientOptions client_options(const camera::AskPictures& way) {
    net::HttpClientOptions options;
    options.connect.bind_address = way.connection.bind_address;
    options.connect.resolve = way.connection.resolve;
    if (way.url.scheme == "https")
        options.connect.tls = net::TlsOptions{.ca_file = way.connection.ca_file};
    // Also over an interval of minutes, as far as the server plays along.
    options.keep_alive =
        std::max(options.keep_alive, std::chrono::ceil<std::chrono::seconds>(2 * way.interval));
    return options;
}

}  // namespace

SnapshotSource::SnapshotSource(camera::AskPictures way, Surroundings surroundings)
    : way_(std::move(way)),
      url_(way_.url),
      surroundings_(std::move(surroundings)),
      encoder_(std::make_shared<ffmpeg::JpegToH264>()),
      unanswered_({.first = way_.interval, .cap = std::max(way_.interval, way_.when_down)}) {}

SnapshotSource::~SnapshotSource() = default;

/// Two missed pictures, and what a slow server takes for one, are no stall.
std::chrono::milliseconds SnapshotSource::stall() const {
    return std::chrono::milliseconds(3 * way_.interval) + kAnswerTime;
}

Task<Result<>> SnapshotSource::run(hub::StreamWriter& writer) {
    const async::Executor executor = co_await asio::this_coro::executor;
    start_ = surroundings_.clock.steady_now();
    film_is_due_.emplace(executor);
    net::HttpClient client(executor, client_options(way_));
    if (way_.films) {
        CASEMENT_CO_TRY(co_await open_films());
        if (films_->has_whole_film()) film_is_due_->ring();
    }
    auto ended = co_await (ask_on(client, writer) || make_films());
    co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
}

Task<Result<>> SnapshotSource::ask_on(net::HttpClient& client, hub::StreamWriter& writer) {
    auto next = std::chrono::steady_clock::now();
    for (;;) {
        CASEMENT_CO_TRY(co_await ask_once(client, writer));
        const auto now = std::chrono::steady_clock::now();
        next = std::max(next + way_.interval, now);
        CASEMENT_CO_TRY(co_await async::sleep_for(next - now));
    }
}

Task<Result<>> SnapshotSource::ask_once(net::HttpClient& client, hub::StreamWriter& writer) {
    auto response = co_await ask(client, false);
    if (!response) co_return co_await miss(std::move(response.error()));
    Answer answer = read_answer(way_, *response, surroundings_.clock.wall_now());
    if (answer.kind == Answer::Kind::Refused) {
        response = co_await ask(client, true);
        if (!response) co_return co_await miss(std::move(response.error()));
        answer = read_answer(way_, *response, surroundings_.clock.wall_now());
        if (answer.kind == Answer::Kind::Refused)
            co_return base::fail_because("account-refused", ErrorKind::Unauthenticated,
                                         "the vendor refuses its pictures to a new sign-in too");
    }
    switch (answer.kind) {
        case Answer::Kind::Picture:
            co_return co_await take(*response, *answer.info, writer);
        case Answer::Kind::Broken:
            co_return count_broken(writer, std::move(*answer.error));
        case Answer::Kind::Wait:
            co_return co_await wait(std::move(answer));
        case Answer::Kind::Wrong:
            co_return std::unexpected(std::move(*answer.error));
        case Answer::Kind::Nothing:
        case Answer::Kind::Refused:
            break;
    }
    co_return Result<>{};
}

/// `is_refused`: what was shown last.
Task<Result<net::ClientResponse>> SnapshotSource::ask(net::HttpClient& client, bool is_refused) {
    if (is_refused) is_known_ = false;
    CASEMENT_CO_TRY(co_await take_turn());
    if (!is_known_) {
        CASEMENT_CO_TRY(fields_, co_await way_.proof(is_refused, Deadline::in(kProofTime)));
        is_known_ = true;
    }
    // Another one each time, also within a millisecond.
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(surroundings_.clock.wall_now())
                        .time_since_epoch()
                        .count();
    cachebuster_ = std::max(cachebuster_ + 1, static_cast<std::uint64_t>(ms));
    base::Url url = url_;
    url.query += fmt::format("{}cachebuster={}", url.query.empty() ? "" : "&", cachebuster_);
    net::ClientRequest request;
    request.url = url.without_credentials();
    request.max_body_bytes = http::MultipartPictures::kMaxPictureBytes;
    request.max_redirects = 0;  // what shows who asks goes to nobody else
    request.headers.add("Accept", "image/jpeg");
    for (const auto& [name, value] : fields_) request.headers.add(name, value.reveal());
    auto answer = co_await client.send(std::move(request), Deadline::in(kAnswerTime));
    if (answer) {
        unanswered_.reset();
        if (way_.answered)
            way_.answered(url_, answer->status, std::string(answer->headers.get("Retry-After")));
    } else if (way_.answered && !answer.error().is(ErrorKind::Cancelled)) {
        way_.answered(url_, 0, {});
    }
    co_return answer;
}

Task<Result<>> SnapshotSource::take_turn() {
    if (!way_.turn) co_return Result<>{};
    for (;;) {
        CASEMENT_CO_TRY(auto turn, co_await way_.turn(Deadline::in(kProofTime)));
        if (turn.url) url_ = std::move(*turn.url);
        if (turn.why) {
            // Another camera may find sooner that the server is well again.
            CASEMENT_CO_TRY(co_await wait(
                {.wait = std::min(turn.wait, way_.when_down), .error = std::move(turn.why)}));
        } else if (turn.wait.count() > 0) {
            CASEMENT_CO_TRY(co_await async::sleep_for(turn.wait));
        } else {
            co_return Result<>{};
        }
    }
}

/// There was no answer, which may be so for a moment or for hours. Once is a picture less; the
/// stream goes on behind a slate then, and its films and its place among the ways stay.
Task<Result<>> SnapshotSource::miss(base::Error error) {
    if (!error.is(ErrorKind::Unavailable) && !error.is(ErrorKind::DeadlineExceeded) &&
        !error.is(ErrorKind::DataLoss))
        co_return std::unexpected(std::move(error));
    const auto pause = unanswered_.next();
    if (unanswered_.failures() > 1)
        co_return co_await wait({.wait = pause, .error = std::move(error)});
    surroundings_.log.debug("A picture is missed: {}", error.message());
    co_return Result<>{};
}

Task<Result<>> SnapshotSource::take(const net::ClientResponse& response,
                                    const media::jpeg::Info& info, hub::StreamWriter& writer) {
    const auto body = base::as_bytes(response.body).first(info.size_bytes);
    if (last_.size() == body.size() && std::ranges::equal(last_, body)) co_return Result<>{};
    media::AccessUnit unit;
    unit.key = true;
    unit.received_at = surroundings_.clock.steady_now();
    unit.wall = surroundings_.clock.wall_now();
    const auto since_start =
        std::chrono::duration_cast<std::chrono::microseconds>(unit.received_at - start_);
    last_pts_ = std::max(last_pts_ + 1, media::us_to_ticks(since_start, kClockRate));
    unit.pts = unit.dts = last_pts_;
    unit.data = media::Bytes::copy_of(body);
    unit.discontinuity = !pen_;
    const media::Bytes jpeg = unit.data;
    auto work = [encoder = encoder_,
                 unit = std::move(unit)]() -> Result<std::vector<media::AccessUnit>> {
        std::vector<media::AccessUnit> made;
        CASEMENT_TRY(encoder->push(unit, made));
        return made;
    };
    CASEMENT_CO_TRY(auto made, co_await surroundings_.pool.run(std::move(work)));
    if (made.empty())
        co_return count_broken(writer,
                               {ErrorKind::DataLoss, "codec", "a JPEG that cannot be decoded"});
    broken_in_row_ = 0;
    last_ = jpeg;
    waits_.reset();
    // The slate of a wait took the pen.
    if (!pen_) {
        pen_ = writer.hand_over();
        announced_.reset();
    }
    if (announced_ != encoder_->track().parameters) {
        announced_ = encoder_->track().parameters;
        pen_->set_tracks({encoder_->track()});
    }
    const base::WallTime taken_at = made.front().wall;
    for (media::AccessUnit& encoded : made) pen_->publish(std::move(encoded));
    co_await keep(jpeg, taken_at);
    co_return Result<>{};
}

/// For the films; a disk that is full is no reason to end the stream.
Task<> SnapshotSource::keep(media::Bytes jpeg, base::WallTime at) {
    if (!films_) co_return;
    auto work = [films = films_, jpeg = std::move(jpeg), at] { return films->add(jpeg, at); };
    const auto kept = co_await surroundings_.pool.run(std::move(work));
    if (!kept && !std::exchange(is_disk_bad_, true))
        surroundings_.log.error("Pictures for films are lost: {}", kept.error().message());
    if (kept && std::exchange(is_disk_bad_, false))
        surroundings_.log.info("Pictures for films are stored again");
    if (films_->has_whole_film()) film_is_due_->ring();
}

Task<Result<>> SnapshotSource::wait(Answer answer) {
    const bool is_new = !waits_ || waits_->message() != answer.error->message();
    if (is_new) surroundings_.log.info("No pictures for now: {}", answer.error->message());
    waits_ = std::move(answer.error);
    pen_.reset();
    co_return co_await async::sleep_for(answer.wait);
}

Result<> SnapshotSource::count_broken(hub::StreamWriter& writer, base::Error why) {
    writer.count_lost(1);
    // Once for a row of them: what comes between is told by the count.
    if (broken_in_row_++ == 0) surroundings_.log.info("A picture is left out: {}", why.message());
    if (broken_in_row_ < kMostBrokenInARow) return {};
    return std::unexpected(why.within("nothing but what is no picture comes"));
}

Task<Result<>> SnapshotSource::make_films() {
    for (;;) {
        CASEMENT_CO_TRY(co_await film_is_due_->wait());
        while (films_->has_whole_film()) {
            const auto done =
                co_await surroundings_.pool.run([films = films_] { return films->work(); });
            if (done) continue;
            surroundings_.log.error("A film was not made: {}", done.error().message());
            CASEMENT_CO_TRY(co_await async::sleep_for(kFilmAgain));
        }
    }
}

Task<Result<>> SnapshotSource::open_films() {
    for (int left = kFolderTries;; --left) {
        auto opened = co_await surroundings_.pool.run(
            [rules = *way_.films, log = surroundings_.log] { return FilmRoll::open(rules, log); });
        if (opened) {
            films_ = std::move(*opened);
            co_return Result<>{};
        }
        if (!opened.error().is(ErrorKind::FailedPrecondition) || left <= 1)
            co_return std::unexpected(opened.error());
        CASEMENT_CO_TRY(co_await async::sleep_for(kFolderAgain));
    }
}

Task<> SnapshotSource::close(Deadline) {
    films_.reset();
    co_return;
}

}  // namespace casement::sources::snapshots
