#pragma once
// A base station and a viewer for the tests of the emulated Arlo devices: written out by hand, so
// that they say what a test wants, right or wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"
#include "net/udp.hpp"
#include "protocols/arlo/frame.hpp"
#include "protocols/arlo/message.hpp"
#include "protocols/arlo/upload.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtp/packet.hpp"
#include "protocols/rtsp/message.hpp"

namespace casement::tests {

using async::Deadline;
using async::Task;
using base::Result;
namespace wire = protocols::arlo;
namespace rtsp = protocols::rtsp;
using namespace std::chrono_literals;

// For a loaded machine; nothing waits for it when all is well.
inline constexpr auto kPatience = 20s;

/// Where a host lives in these tests.
inline net::ip::address address_of(const std::string& text) { return net::ip::make_address(text); }

/// One listener for both doors, and one for pictures.
class Station {
public:
    struct Heard {
        std::string from;  // address without port
        wire::Message message;
    };
    struct Picture {
        std::string target;
        std::string content_type;
        std::string body;
    };

    explicit Station(async::Executor executor) : executor_(executor), tasks_(executor, {}) {
        open(0);
        pictures_listener_ = listen(0);
        tasks_.spawn("pictures", [this] {
            return pictures_listener_->run({executor_}, [this](auto stream) {
                std::shared_ptr<net::PlainStream> shared = std::move(stream);
                tasks_.spawn("picture", [this, shared] { return take_picture(shared); });
            });
        });
    }

    // ---- what it heard ----
    std::vector<Heard> heard;
    int connections = 0;
    int silent_connections = 0;
    int unreadable = 0;
    std::vector<Picture> pictures;

    /// Of that type, in order.
    template <typename T>
    std::vector<T> all() const {
        std::vector<T> out;
        for (const Heard& h : heard) {
            if (const auto* body = std::get_if<T>(&h.message.body)) out.push_back(*body);
        }
        return out;
    }
    template <typename T>
    std::size_t count() const {
        return all<T>().size();
    }
    std::size_t alerts(wire::AlertKind kind) const {
        const auto alerts = all<wire::Alert>();
        return static_cast<std::size_t>(
            std::ranges::count(alerts, kind, [](const wire::Alert& a) { return a.kind(); }));
    }

    // ---- how it answers ----
    bool acknowledges = true;
    std::int64_t wrong_by = 0;  // in the ID of its acks
    int picture_status = 200;

    std::uint16_t port() const { return port_; }
    std::string picture_url(const std::string& id) const {
        return fmt::format("http://127.0.0.1:{}/snapshot/{}/now.jpg", pictures_listener_->port(),
                           id);
    }
    void go_away() { listener_.reset(); }
    void come_back() { open(port_); }

    /// One command on a connection of its own. Deadline: kPatience.
    Task<Result<wire::Message>> command(std::string address, std::uint16_t port,
                                        wire::Message message) {
        CASEMENT_CO_TRY(const std::string frame, wire::to_frame(message));
        co_return co_await command_raw(std::move(address), port, frame);
    }
    Task<Result<wire::Message>> command_raw(std::string address, std::uint16_t port,
                                            std::string bytes) {
        CASEMENT_CO_TRY(const auto stream, co_await net::connect(std::move(address), port, {},
                                                                 Deadline::in(kPatience)));
        CASEMENT_CO_TRY(co_await stream->write_all(base::as_bytes(bytes)));
        co_return co_await async::with_deadline(Deadline::in(kPatience), "answer",
                                                read_message(*stream));
    }

    Task<> stop() { return tasks_.stop(); }

private:
    std::unique_ptr<net::Listener> listen(std::uint16_t port) {
        auto made = net::Listener::listen(
            executor_, {.name = "station", .address = fmt::format("127.0.0.1:{}", port)});
        EXPECT_TRUE(made) << made.error().message();
        return std::move(*made);
    }

    void open(std::uint16_t port) {
        listener_ = listen(port);
        port_ = listener_->port();
        tasks_.spawn("station", [this] {
            return listener_->run({executor_}, [this](auto stream) {
                ++connections;
                std::shared_ptr<net::PlainStream> shared = std::move(stream);
                tasks_.spawn("device", [this, shared] { return serve(shared); });
            });
        });
    }

    static Task<Result<wire::Message>> read_message(net::Stream& stream) {
        wire::FrameReader reader;
        std::array<std::uint8_t, 4096> bytes{};
        for (;;) {
            CASEMENT_CO_TRY(const std::size_t got, co_await stream.read_some(bytes));
            reader.feed(base::ByteSpan(bytes).first(got));
            CASEMENT_CO_TRY(const auto json, reader.next());
            if (json) co_return wire::parse_message(*json);
        }
    }

    Task<> serve(std::shared_ptr<net::PlainStream> stream) {
        const auto message = co_await read_message(*stream);
        if (!message) {
            ++(stream->ended() ? silent_connections : unreadable);
            co_return;
        }
        const auto from = net::parse_endpoint(stream->remote_endpoint());
        heard.push_back({net::to_text(from->address()), *message});
        if (!acknowledges) {
            std::array<std::uint8_t, 16> bytes{};
            (void)co_await stream->read_some(bytes);  // until the device gives up
            co_return;
        }
        const auto frame = wire::to_frame({message->id + wrong_by, wire::make_ack()});
        (void)co_await stream->write_all(base::as_bytes(*frame));
    }

    Task<> take_picture(std::shared_ptr<net::PlainStream> stream) {
        std::string text;
        std::array<std::uint8_t, 16'384> bytes{};
        std::size_t head = std::string::npos, wanted = 0;
        while (head == std::string::npos || text.size() < wanted) {
            const auto got = co_await stream->read_some(bytes);
            if (!got) co_return;
            text += base::as_text(base::ByteSpan(bytes).first(*got));
            if (head == std::string::npos) {
                head = text.find("\r\n\r\n");
                if (head == std::string::npos) continue;
                wanted = head + 4 + std::stoul("0" + field(text, "Content-Length: "));
            }
        }
        Picture picture;
        picture.target = text.substr(5, text.find(' ', 5) - 5);  // behind "POST "
        picture.content_type = field(text, "Content-Type: ");
        picture.body = text.substr(head + 4);
        pictures.push_back(picture);
        const std::string answer = fmt::format(
            "HTTP/1.1 {} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", picture_status);
        (void)co_await stream->write_all(base::as_bytes(answer));
    }

    static std::string field(const std::string& text, const std::string& name) {
        const std::size_t at = text.find(name);
        if (at == std::string::npos) return {};
        return text.substr(at + name.size(), text.find('\r', at) - at - name.size());
    }

    const async::Executor executor_;
    std::unique_ptr<net::Listener> listener_, pictures_listener_;
    std::uint16_t port_ = 0;
    async::TaskGroup tasks_;
};

/// An RTSP client that does exactly what it is told.
class Watcher {
public:
    explicit Watcher(async::Executor executor, std::string from = "127.0.0.1")
        : executor_(std::move(executor)), from_(std::move(from)) {}

    std::string session;
    std::string last_transport;
    std::map<std::uint8_t, int> frames;       // by interleaved channel
    std::vector<std::uint16_t> sequences;     // of RTP of the first track over UDP
    std::vector<std::uint16_t> source_ports;  // of the same
    int sender_reports = 0, byes = 0;         // over UDP

    Task<Result<>> connect(std::string address, std::uint16_t port) {
        address_ = address;
        base_ = fmt::format("rtsp://{}:{}/live", address, port);
        net::ConnectOptions options;
        options.bind_address = from_;
        CASEMENT_CO_TRY(stream_, co_await net::connect(std::move(address), port, options,
                                                       Deadline::in(kPatience)));
        co_return Result<>{};
    }

    /// Status 0: no answer came, the connection ended.
    Task<rtsp::Response> ask(std::string method, std::string uri = {}, std::string transport = {}) {
        rtsp::Request request;
        request.method = std::move(method);
        request.uri = base_ + uri;
        request.headers.add("CSeq", std::to_string(++cseq_));
        if (!session.empty()) request.headers.add("Session", session);
        if (!transport.empty()) request.headers.add("Transport", transport);
        rtsp::Response none;
        none.status = 0;
        const std::string bytes = request.to_bytes();
        if (!co_await stream_->write_all(base::as_bytes(bytes))) co_return none;
        auto answer = co_await async::with_deadline(Deadline::in(kPatience), "RTSP", read());
        if (!answer) co_return none;
        if (const auto id = answer->headers.find("Session"))
            session = std::string(id->substr(0, id->find(';')));
        if (const auto t = answer->headers.find("Transport")) last_transport = std::string(*t);
        co_return *answer;
    }

    /// One track over UDP, playing. The status of the last answer.
    Task<int> play_udp() {
        auto pair = net::UdpSocket::bind_pair(executor_, address_of(from_));
        if (!pair) co_return 0;
        udp_ = std::move(*pair);
        const auto set_up = co_await ask("SETUP", "/track1",
                                         fmt::format("RTP/AVP;unicast;client_port={}-{}",
                                                     udp_->rtp->port(), udp_->rtcp->port()));
        if (set_up.status != 200) co_return set_up.status;
        const auto played = co_await ask("PLAY");
        co_return played.status;
    }
    Task<int> play_tcp() {
        const auto set_up = co_await ask("SETUP", "/track1", "RTP/AVP/TCP;unicast;interleaved=0-1");
        if (set_up.status != 200) co_return set_up.status;
        const auto played = co_await ask("PLAY");
        co_return played.status;
    }

    /// What has come over UDP since the last call; how many RTP packets.
    int drain() {
        int packets = 0;
        std::array<std::uint8_t, 2048> bytes{};
        if (!udp_) return 0;
        for (auto got = udp_->rtp->try_receive(bytes); got && got->size > 0;
             got = udp_->rtp->try_receive(bytes)) {
            ++packets;
            const auto packet =
                protocols::rtp::Packet::parse(base::ByteSpan(bytes).first(got->size));
            if (packet) sequences.push_back(packet->sequence);
            source_ports.push_back(got->from.port());
        }
        for (auto got = udp_->rtcp->try_receive(bytes); got && got->size > 0;
             got = udp_->rtcp->try_receive(bytes)) {
            rtcp_to_ = got->from;
            const auto parts = protocols::rtcp::parse(base::ByteSpan(bytes).first(got->size));
            if (!parts) continue;
            for (const auto& part : *parts) {
                sender_reports += std::holds_alternative<protocols::rtcp::SenderReport>(part);
                byes += std::holds_alternative<protocols::rtcp::Bye>(part);
            }
        }
        return packets;
    }

    /// To where sender reports come from; false while none has come.
    bool report() {
        drain();
        if (!rtcp_to_) return false;
        const auto bytes = protocols::rtcp::write_receiver_report({.ssrc = 1, .blocks = {}}, "t");
        return udp_->rtcp->try_send(*rtcp_to_, base::ByteSpan(bytes)).has_value();
    }
    /// A datagram that opens a path through NAT and is no report.
    void punch() {
        const std::array<std::uint8_t, 1> byte{0};
        drain();
        if (rtcp_to_) (void)udp_->rtcp->try_send(*rtcp_to_, base::ByteSpan(byte));
    }
    Task<Result<>> report_tcp() {
        const auto bytes = protocols::rtcp::write_receiver_report({.ssrc = 1, .blocks = {}}, "t");
        std::vector<std::uint8_t> frame(4);
        rtsp::write_interleave_header(frame.data(), 1, bytes.size());
        frame.insert(frame.end(), bytes.begin(), bytes.end());
        co_return co_await stream_->write_all(base::ByteSpan(frame));
    }
    /// Reads interleaved frames for so long, or until the end: false.
    Task<bool> read_frames(std::chrono::milliseconds length) {
        const Deadline until = Deadline::in(length);
        while (!until.passed()) {
            const auto got = co_await async::with_deadline(until, "frames", read());
            if (!got && got.error().is(base::ErrorKind::DeadlineExceeded)) break;
            if (!got) co_return false;
        }
        co_return true;
    }
    /// What the parser could not follow.
    bool lost_its_way = false;

    void hang_up() { stream_->close(); }
    void close_ports() { udp_.reset(); }
    Task<bool> is_cut() {
        std::array<std::uint8_t, 16> bytes{};
        const auto got = co_await async::with_deadline(Deadline::in(kPatience), "end",
                                                       stream_->read_some(bytes));
        co_return !got && !got.error().is(base::ErrorKind::DeadlineExceeded);
    }

private:
    Task<Result<rtsp::Response>> read() {
        for (;;) {
            auto message = parser_.next();
            if (!message) {
                lost_its_way = true;
                co_return std::unexpected(message.error());
            }
            if (*message) {
                if (auto* response = std::get_if<rtsp::Response>(&**message))
                    co_return std::move(*response);
                if (const auto* frame = std::get_if<rtsp::InterleavedFrame>(&**message))
                    ++frames[frame->channel];
                continue;
            }
            CASEMENT_CO_TRY(const std::size_t got, co_await stream_->read_some(parser_.room()));
            parser_.commit(got);
        }
    }

    const async::Executor executor_;
    const std::string from_;
    std::string address_, base_;
    std::unique_ptr<net::Stream> stream_;
    rtsp::Parser parser_;
    std::optional<net::UdpSocket::Pair> udp_;
    std::optional<net::ip::udp::endpoint> rtcp_to_;
    int cseq_ = 0;
};

}  // namespace casement::tests
