#pragma once
// One open connection of a camera's control channel: questions and their answers, what the camera
// says unasked, signs of life.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "async/deadline.hpp"
#include "drivers/nanit/timing.hpp"
#include "net/websocket.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

namespace pb = protocols::nanit::pb;

/// Lives on the socket's executor.
class Link {
public:
    /// What carries state: pushes, and answers to anybody's questions. Called before whoever asked
    /// is resumed.
    using OnMessage = std::function<void(const pb::Message& message)>;

    Link(std::shared_ptr<net::WebSocket> socket, Timing timing, OnMessage on_message);

    /// Reads, and sends signs of life, until the connection ended or was given up; answers why.
    /// Once. The caller keeps the link.
    async::Task<base::Error> run();

    /// The answer, whatever it says. DeadlineExceeded, Cancelled; Unavailable when the connection
    /// ended.
    async::Task<base::Result<pb::Response>> ask(pb::Request request, async::Deadline deadline);

    /// Ends run() with this.
    void give_up(base::Error why);
    /// Says goodbye: 1000.
    async::Task<> close();

    bool is_down() const { return is_down_; }
    /// The camera itself has said something: the relay lets clients in to a camera that is off.
    bool has_heard() const { return has_heard_; }
    /// The cloud says that the camera is off: silence is no fault of this connection.
    void expect_silence(bool is_expected) { silence_expected_ = is_expected; }

private:
    struct Pending;
    async::Task<base::Result<>> read();
    async::Task<base::Result<>> show_life();
    void take(const pb::Message& message);
    void fail_all();

    const std::shared_ptr<net::WebSocket> socket_;
    const Timing timing_;
    const OnMessage on_message_;
    std::int32_t next_id_;
    std::map<std::int32_t, std::shared_ptr<Pending>> pending_;
    std::optional<base::Error> why_;
    std::optional<std::chrono::steady_clock::time_point> unanswered_since_;
    bool is_down_ = false, has_heard_ = false, silence_expected_ = false;
};

}  // namespace casement::drivers::nanit
