#include "drivers/nest/device_access/api.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/time_scale.hpp"

namespace casement::drivers::nest::device_access {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;

constexpr std::size_t kMaxAnswer = std::size_t{4} << 20;
constexpr std::size_t kMaxMedia = std::size_t{32} << 20;
constexpr int kMessagesAtOnce = 10;
constexpr std::chrono::seconds kMediaPatience{60};

std::string bearer(const Secret& token) { return "Bearer " + token.reveal(); }

net::ClientRequest request_of(std::string method, std::string url, std::string json_body = {}) {
    net::ClientRequest out;
    out.method = std::move(method);
    out.url = std::move(url);
    out.body = std::move(json_body);
    out.max_body_bytes = kMaxAnswer;
    if (!out.body.empty()) out.headers.add("Content-Type", "application/json");
    return out;
}

/// The same refusals mean something else of a subscription.
base::Error no_events(const base::Error& error) {
    if (error.is(ErrorKind::NotFound))
        return {ErrorKind::NotFound, "no-subscription",
                "Google does not know the Pub/Sub subscription: it deletes those that nobody used "
                "for 31 days. Make it again."};
    if (error.is(ErrorKind::PermissionDenied))
        return {ErrorKind::PermissionDenied, "no-subscription",
                "Google does not let this sign-in read the Pub/Sub subscription: sign in again and "
                "allow Pub/Sub too."};
    return error;
}

}  // namespace

ApiOptions ApiOptions::scaled(double scale) const {
    ApiOptions out = *this;
    out.silence = base::scaled(silence, scale);
    out.time_scale = time_scale * scale;
    return out;
}

Api::Api(async::Executor executor, const base::Clock& clock, ApiOptions options, AskPass pass)
    : clock_(clock),
      options_(std::move(options)),
      pass_(std::move(pass)),
      http_(std::move(executor), options_.http),
      limits_(options_.time_scale) {}

/// Of a question that is on its way.
class Api::Place {
public:
    Place(Api& api, Counted counted, base::SteadyTime taken)
        : api_(api), counted_(std::move(counted)), taken_(taken) {}
    ~Place() {
        api_.limits_.answered(counted_.question, counted_.device, counted_.kind, taken_,
                              api_.clock_.steady_now());
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Api& api_;
    const Counted counted_;
    const base::SteadyTime taken_;
};

/// Answers when it was taken.
Task<Result<base::SteadyTime>> Api::wait_for_place(Counted counted, Deadline deadline) {
    for (;;) {
        const base::SteadyTime now = clock_.steady_now();
        const base::Duration wait =
            limits_.take(counted.question, counted.device, counted.kind, counted.rank, now);
        if (wait == base::Duration{}) co_return now;
        if (counted.rank == Limits::Rank::Spare ||
            deadline.time() < std::chrono::steady_clock::now() + wait)
            co_return base::fail_because("quota", ErrorKind::ResourceExhausted,
                                         "Google limits how often Device Access may be asked; "
                                         "there is a place again in {} s.",
                                         std::chrono::ceil<std::chrono::seconds>(wait).count());
        CASEMENT_CO_TRY(co_await async::sleep_for(wait));
    }
}

/// With the token in its head; answers the body of a success.
Task<Api::Answer> Api::send_once(Build build, bool was_refused, Deadline deadline) {
    CASEMENT_CO_TRY(const Pass pass, co_await pass_(was_refused, deadline));
    net::ClientRequest question = build(pass);
    question.max_redirects = 0;  // nobody else shall see the token
    question.headers.add("Authorization", bearer(pass.token));
    CASEMENT_CO_TRY(auto answer, co_await http_.send(std::move(question), deadline));
    if (answer.is_success()) co_return std::move(answer.body);
    co_return std::unexpected(refusal(answer.status, answer.body));
}

Task<Api::Answer> Api::send(Build build, std::chrono::milliseconds patience, Deadline deadline,
                            std::optional<Counted> counted) {
    for (const bool was_refused : {false, true}) {
        std::optional<Place> place;
        if (counted) {
            CASEMENT_CO_TRY(const auto taken, co_await wait_for_place(*counted, deadline));
            place.emplace(*this, *counted, taken);
        }
        auto answer =
            co_await send_once(build, was_refused, deadline.sooner_of(Deadline::in(patience)));
        if (!answer && counted && answer.error().is(ErrorKind::ResourceExhausted))
            limits_.silence(clock_.steady_now() + options_.silence);
        if (answer || was_refused || answer.error().reason() != "token-refused") co_return answer;
    }
    co_return base::fail(ErrorKind::Internal, "the second answer is the last");
}

Task<Result<std::vector<Device>>> Api::devices(Deadline deadline) {
    const auto list = [this](const Pass& pass) {
        return request_of("GET", fmt::format("{}/enterprises/{}/devices", options_.base,
                                             base::percent_encoded(pass.project)));
    };
    CASEMENT_CO_TRY(const std::string body,
                    co_await send(list, options_.patience, deadline,
                                  Counted{.question = Limits::Question::List}));
    co_return parse_devices(body);
}

Task<Api::Answer> Api::command(std::string device, std::string kind, std::string params,
                               Limits::Rank rank, Deadline deadline) {
    auto request = request_of(
        "POST", fmt::format("{}/{}:executeCommand", options_.base, device),
        fmt::format(R"({{"command":"sdm.devices.commands.{}","params":{}}})", kind, params));
    Counted counted{Limits::Question::Command, std::move(device), std::move(kind), rank};
    co_return co_await send([request](const Pass&) { return request; }, options_.patience, deadline,
                            std::move(counted));
}

Task<Result<RtspStream>> Api::start_rtsp(std::string device, Limits::Rank rank, Deadline deadline) {
    CASEMENT_CO_TRY(const std::string body,
                    co_await command(std::move(device), "CameraLiveStream.GenerateRtspStream", "{}",
                                     rank, deadline));
    co_return parse_rtsp_stream(body);
}

Task<Result<RtspStream>> Api::extend_rtsp(std::string device, RtspStream stream,
                                          Deadline deadline) {
    std::string params = json{{"streamExtensionToken", stream.extension.reveal()}}.dump();
    CASEMENT_CO_TRY(const std::string body,
                    co_await command(std::move(device), "CameraLiveStream.ExtendRtspStream",
                                     std::move(params), Limits::Rank::Keep, deadline));
    co_return parse_rtsp_extension(body, std::move(stream));
}

Task<Result<>> Api::stop_rtsp(std::string device, RtspStream stream, Limits::Rank rank,
                              Deadline deadline) {
    std::string params = json{{"streamExtensionToken", stream.extension.reveal()}}.dump();
    CASEMENT_CO_TRY(co_await command(std::move(device), "CameraLiveStream.StopRtspStream",
                                     std::move(params), rank, deadline));
    co_return Result<>{};
}

Task<Result<std::string>> Api::event_picture(std::string device, std::string event,
                                             Deadline deadline) {
    std::string params =
        json{{"eventId", event}}.dump(-1, ' ', false, json::error_handler_t::replace);
    CASEMENT_CO_TRY(const std::string body,
                    co_await command(std::move(device), "CameraEventImage.GenerateImage",
                                     std::move(params), Limits::Rank::Other, deadline));
    CASEMENT_CO_TRY(const EventPicture picture, parse_event_picture(body));
    CASEMENT_CO_TRY(options_.hosts.base_url(picture.url));
    net::ClientRequest request;
    request.url = picture.url + "?width=1600";
    request.headers.add("Authorization", "Basic " + picture.token.reveal());
    request.max_body_bytes = kMaxMedia;
    request.max_redirects = 0;
    CASEMENT_CO_TRY(auto answer,
                    co_await http_.send(std::move(request),
                                        deadline.sooner_of(Deadline::in(options_.patience))));
    if (!answer.is_success()) co_return std::unexpected(refusal(answer.status, answer.body));
    co_return std::move(answer.body);
}

Task<Result<std::string>> Api::clip(std::string url, Deadline deadline) {
    CASEMENT_CO_TRY(options_.hosts.base_url(url));
    auto request = request_of("GET", std::move(url));
    request.max_body_bytes = kMaxMedia;
    co_return co_await send([request](const Pass&) { return request; }, kMediaPatience, deadline);
}

Task<Result<std::vector<Delivery>>> Api::pull(Deadline deadline) {
    CASEMENT_CO_TRY(const Pass pass, co_await pass_(false, deadline));
    if (pass.subscription.empty())
        co_return base::fail_because(
            "no-subscription", ErrorKind::FailedPrecondition,
            "No Pub/Sub subscription was given at the sign-in, so there are no events.");
    const auto body = co_await send(
        [this](const Pass& now) {
            return request_of("POST", subscription_url(now) + ":pull",
                              fmt::format(R"({{"maxMessages":{}}})", kMessagesAtOnce));
        },
        options_.pull_patience, deadline);
    if (!body) co_return std::unexpected(no_events(body.error()));
    co_return parse_pull(*body);
}

Task<Result<>> Api::acknowledge(std::vector<std::string> ack_ids, Deadline deadline) {
    if (ack_ids.empty()) co_return Result<>{};
    const std::string ids =
        json{{"ackIds", ack_ids}}.dump(-1, ' ', false, json::error_handler_t::replace);
    CASEMENT_CO_TRY(co_await send(
        [this, ids](const Pass& now) {
            return request_of("POST", subscription_url(now) + ":acknowledge", ids);
        },
        options_.patience, deadline));
    co_return Result<>{};
}

std::string Api::subscription_url(const Pass& pass) const {
    return options_.pubsub + "/" + pass.subscription;
}

}  // namespace casement::drivers::nest::device_access
