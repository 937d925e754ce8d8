#pragma once
// The running hub as a command sees it: questions and answers over its HTTP API, blocking.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "app/control.hpp"
#include "base/error.hpp"

namespace casement::app::cli {

struct Question {
    std::string method = "GET";
    std::string path;  // "/api/v1/cameras"
    std::string body;  // JSON unless said otherwise, or empty
    std::string content_type = "application/json";
    /// For the answer. A camera may take ten seconds for a command and a sleeping one twenty for a
    /// picture.
    std::chrono::seconds patience{30};
};

struct Answer {
    int status = 0;
    std::string body;
    std::string start;     // X-Casement-Start, where the answer has it
    std::string taken_at;  // X-Casement-Taken-At
    bool is_success() const { return status >= 200 && status < 300; }
};

/// An interface, so that commands are tested without a hub.
class Hub {
public:
    /// Takes the next bytes; an error ends the answer and is passed on.
    using Sink = std::function<base::Result<>(std::string_view bytes)>;

    virtual ~Hub() = default;
    /// Any status is an answer. Errors: the hub cannot be reached, or did not answer in time.
    virtual base::Result<Answer> ask(Question question) = 0;
    /// The body of a successful answer goes to `sink` as it comes, without limit; other answers are
    /// returned with their body. Errors also when nothing came for 60 s.
    virtual base::Result<Answer> stream(Question question, Sink sink) = 0;
};

std::unique_ptr<Hub> connect_to(Control control);

/// The JSON of a successful answer; otherwise the sentence of the hub as an error.
base::Result<nlohmann::json> ask_json(Hub& hub, Question question);
/// The error in an answer that is none of 2xx: RFC 9457, or the bare status.
base::Error error_in(const Answer& answer);

}  // namespace casement::app::cli
