#include "app/cli/hub.hpp"

#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "async/deadline.hpp"
#include "net/http_client.hpp"

namespace casement::app::cli {

namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

/// Event streams send a comment every 15 s; a disk that is asleep wakes in eight.
constexpr auto kSilence = 60s;
constexpr std::size_t kMaxAnswerBytes =
    64 * 1024 * 1024;  // a thousand cameras with all their settings

class HttpHub final : public Hub {
public:
    explicit HttpHub(Control control)
        : control_(std::move(control)), client_(context_.get_executor(), options()) {}

    base::Result<Answer> ask(Question question) override {
        return blocking(ask_later(std::move(question)));
    }
    base::Result<Answer> stream(Question question, Sink sink) override {
        return blocking(stream_later(std::move(question), std::move(sink)));
    }

private:
    net::HttpClientOptions options() const {
        net::HttpClientOptions out;
        if (!control_.fingerprint.empty()) {
            out.connect.tls = net::TlsOptions{};
            out.connect.tls->pinned_sha256 = control_.fingerprint;
        }
        return out;
    }

    net::ClientRequest request(Question question) const {
        net::ClientRequest out;
        out.method = std::move(question.method);
        out.url = control_.url + question.path;
        out.headers.add("Authorization", "Bearer " + control_.token.reveal());
        if (!question.body.empty())
            out.headers.add("Content-Type", std::move(question.content_type));
        out.body = std::move(question.body);
        out.max_body_bytes = kMaxAnswerBytes;
        out.max_redirects = 0;
        return out;
    }

    static Answer answer(int status, const net::Headers& headers) {
        Answer out;
        out.status = status;
        out.start = headers.get("X-Casement-Start");
        out.taken_at = headers.get("X-Casement-Taken-At");
        return out;
    }

    async::Task<base::Result<Answer>> ask_later(Question question) {
        const auto deadline = async::Deadline::in(question.patience);
        CASEMENT_CO_TRY(auto response,
                        co_await client_.send(request(std::move(question)), deadline));
        Answer out = answer(response.status, response.headers);
        out.body = std::move(response.body);
        co_return out;
    }

    async::Task<base::Result<Answer>> stream_later(Question question, Sink sink) {
        const auto deadline = async::Deadline::in(question.patience);
        CASEMENT_CO_TRY(auto reader, co_await client_.open(request(std::move(question)), deadline));
        Answer out = answer(reader->status(), reader->headers());
        for (;;) {
            auto piece = co_await async::with_deadline(async::Deadline::in(kSilence), "the hub",
                                                       reader->read());
            if (!piece) co_return std::unexpected(piece.error());
            if (piece->empty()) co_return out;
            const std::string_view bytes(reinterpret_cast<const char*>(piece->data()),
                                         piece->size());
            if (out.is_success()) {
                CASEMENT_CO_TRY(sink(bytes));
            } else if (out.body.size() < kMaxAnswerBytes) {
                out.body += bytes;
            }
        }
    }

    base::Result<Answer> blocking(async::Task<base::Result<Answer>> task) {
        std::optional<base::Result<Answer>> result;
        async::asio::co_spawn(
            context_, std::move(task),
            [&result](const std::exception_ptr& error, base::Result<Answer> value) {
                if (error) std::rethrow_exception(error);
                result = std::move(value);
            });
        context_.restart();
        while (!result) context_.run_one();
        if (!*result &&
            (result->error().reason() == "refused" || result->error().reason() == "no-route")) {
            return base::fail(
                ErrorKind::Unavailable,
                "the hub (process {}) does not answer at {}; is it just starting or stopping?",
                control_.pid, control_.url);
        }
        return std::move(*result);
    }

    const Control control_;
    async::asio::io_context context_{1};
    net::HttpClient client_;
};

std::string text_in(const nlohmann::json& json, const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : std::string{};
}

}  // namespace

std::unique_ptr<Hub> connect_to(Control control) {
    return std::make_unique<HttpHub>(std::move(control));
}

base::Error error_in(const Answer& answer) {
    const base::Error bare = net::status_error("the hub", answer.status);
    const nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
    const std::string code = text_in(json, "code");
    if (answer.status == 401) {
        return {bare.kind(), code,
                "the hub did not accept the control token; was it restarted a moment ago?"};
    }
    std::string sentence = text_in(json, "detail");
    if (sentence.empty()) sentence = text_in(json, "title");
    if (sentence.empty()) return bare;
    return {bare.kind(), code, sentence};
}

base::Result<nlohmann::json> ask_json(Hub& hub, Question question) {
    CASEMENT_TRY(const Answer answer, hub.ask(std::move(question)));
    if (!answer.is_success()) return std::unexpected(error_in(answer));
    if (answer.body.empty()) return nlohmann::json();
    nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
    if (json.is_discarded())
        return base::fail(ErrorKind::DataLoss,
                          "the hub's answer is not JSON; is another program on its port?");
    return json;
}

}  // namespace casement::app::cli
