#pragma once
// A client of an emulated Nanit camera: what it does with a control connection.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "async/deadline.hpp"
#include "net/websocket.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::tests::nanit_client {

namespace wire = protocols::nanit;
namespace pb = wire::pb;
using async::Deadline;
using async::Task;
using Socket = std::shared_ptr<net::WebSocket>;

/// Without `ca_file` nothing is verified.
inline Task<base::Result<Socket>> connect(std::string url, std::string authorization,
                                          std::string ca_file = {}) {
    net::WebSocketTarget target;
    target.url = std::move(url);
    target.headers.add("Authorization", std::move(authorization));
    net::TlsOptions& tls = target.connect.tls.emplace();
    tls.verify = !ca_file.empty();
    tls.ca_file = std::move(ca_file);
    if (target.url.starts_with("ws:")) target.connect.tls.reset();
    co_return co_await net::connect_websocket(std::move(target),
                                              Deadline::in(std::chrono::seconds(5)));
}

/// The next message of that kind; empty when none comes, and the socket is closed then.
inline Task<pb::Message> next(Socket socket, wire::MessageType kind,
                              std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    const Deadline deadline = Deadline::in(patience);
    for (;;) {
        const auto got = co_await async::with_deadline(deadline, "message", socket->receive());
        if (!got) co_return pb::Message{};
        const auto message = wire::parse(got->data);
        if (message && message->type() == kind) co_return *message;
    }
}

inline Task<pb::Response> ask(Socket socket, pb::Message request) {
    (void)co_await socket->send_binary(wire::serialize(request));
    co_return (co_await next(socket, wire::kResponse)).response();
}

inline pb::Message streaming(std::int32_t id, wire::StreamingStatus status, std::string url) {
    auto message = wire::request(id, wire::kPutStreaming);
    auto& asked = *message.mutable_request()->mutable_streaming();
    asked.set_id(wire::kMobile);
    asked.set_status(status);
    asked.set_rtmp_url(std::move(url));
    asked.set_attempts(1);
    return message;
}

// real time: sockets and encoders
template <typename Done>
Task<bool> comes(Done done, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    for (const Deadline end = Deadline::in(patience); !end.passed();) {
        if (done()) co_return true;
        (void)co_await async::sleep_for(std::chrono::milliseconds(5));
    }
    co_return done();
}

}  // namespace casement::tests::nanit_client
