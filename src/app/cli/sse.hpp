#pragma once
// Server-Sent Events (WHATWG HTML §9.2.6), read bit by bit.

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace casement::app::cli {

struct ServerSentEvent {
    std::string event = "message";
    std::string id;
    std::string data;
};

class SseReader {
public:
    using Handler = std::function<base::Result<>(const ServerSentEvent&)>;
    explicit SseReader(Handler handler) : handler_(std::move(handler)) {}

    /// Calls the handler for every event that is complete now. ResourceExhausted for an event over
    /// kMaxEventBytes; the handler's errors.
    base::Result<> feed(std::string_view bytes);

    /// All cameras with all their settings are far below.
    static constexpr std::size_t kMaxEventBytes = 4 * 1024 * 1024;

private:
    base::Result<> take_line(std::string_view line);

    Handler handler_;
    std::string line_;
    bool after_cr_ = false;
    bool has_data_ = false;
    ServerSentEvent event_;
};

}  // namespace casement::app::cli
