#pragma once
// An RTSP camera on 127.0.0.1 with real sockets and the habits of real ones: tells what it heard,
// sends pictures at 100 a second.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "net/listener.hpp"
#include "net/udp.hpp"
#include "protocols/rtcp/rtcp.hpp"
#include "protocols/rtp/packetizer.hpp"
#include "protocols/rtsp/server_session.hpp"

namespace casement::fakes {

struct RtspCameraHabits {
    bool tcp = true;
    bool udp = true;
    std::string user, password;  // empty: anybody may
    bool media_over_tcp = true;  // false: agrees to TCP and then sends nothing over it
    bool media_over_udp = true;
    bool sender_reports = true;
    bool tells_server_port = true;  // false: server_port=0, and RTP from a port of its own
    bool answers_teardown = true;
    int hang_up_after = 0;      // pictures, then it closes the RTSP connection
    int fall_silent_after = 0;  // pictures, then it sends no more
    int bye_after = 0;          // pictures, then it says BYE
    std::chrono::seconds session_timeout{60};
    bool in_band_only = false;  // no parameter sets in the SDP
    bool video = true;          // false: describes its sound only
};

/// Lives on one io_context with the test. stop() before it is destroyed.
class RtspCamera {
public:
    RtspCamera(async::Executor executor, RtspCameraHabits how)
        : habits(std::move(how)), executor_(executor), tasks_(executor, base::Log{}) {
        auto listening =
            net::Listener::listen(executor, {.name = "fake camera", .address = "127.0.0.1:0"});
        EXPECT_TRUE(listening) << listening.error().message();
        listener_ = std::move(*listening);
        tasks_.spawn("listen", [this] {
            return listener_->run({executor_}, [this](std::unique_ptr<net::PlainStream> stream) {
                auto connection = std::make_shared<Connection>(std::move(stream), server_options());
                connections_.push_back(connection);
                ++connects;
                tasks_.spawn("connection", [this, connection] { return serve(connection); });
            });
        });
    }
    async::Task<> stop() { return tasks_.stop(); }

    std::string url(std::string_view credentials = {}) const {
        return fmt::format("rtsp://{}{}127.0.0.1:{}/live", credentials,
                           credentials.empty() ? "" : "@", listener_->port());
    }

    RtspCameraHabits habits;
    // What it heard.
    int connects = 0, setups = 0, plays = 0, teardowns = 0, keep_alives = 0;
    std::map<std::string, int> asked_while_playing;  // by method
    std::set<std::string> teardown_sessions;
    std::vector<std::uint16_t> client_ports;  // of RTP, as SETUP named them
    int receiver_reports = 0, reports_before_first_sender_report = 0, byes = 0;
    std::string last_session;
    // What it sent.
    int pictures = 0, sender_reports_sent = 0;

private:
    struct Lane {
        int track = 0;
        bool tcp = true;
        net::UdpSocket::Pair sockets;
        std::unique_ptr<net::UdpSocket> other;  // where RTP comes from when it is not `sockets`
        net::ip::udp::endpoint rtp_to, rtcp_to;
        std::unique_ptr<protocols::rtp::Packetizer> packetizer;
    };
    struct Connection {
        Connection(std::unique_ptr<net::PlainStream> s, protocols::rtsp::ServerOptions options)
            : stream(std::move(s)), session(std::move(options)) {}
        std::unique_ptr<net::PlainStream> stream;
        protocols::rtsp::ServerSession session;
        std::vector<std::unique_ptr<Lane>> lanes;
        bool playing = false;
    };

    protocols::rtsp::ServerOptions server_options() const {
        protocols::rtsp::ServerOptions out;
        out.allow_tcp = habits.tcp;
        out.allow_udp = habits.udp;
        out.session_timeout = habits.session_timeout;
        return out;
    }

    static media::Tracks tracks() {
        const std::vector<std::uint8_t> sps{0x67, 0x42, 0xC0, 0x0D, 0xD9, 0x01, 0x41, 0xFB,
                                            0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
                                            0x00, 0x03, 0x03, 0x20, 0xF1, 0x42, 0xA4, 0x80};
        const std::vector<std::uint8_t> pps{0x68, 0xCB, 0x83, 0xCB, 0x20};
        auto parameters = std::make_shared<media::CodecParameters>();
        parameters->sps = {media::Bytes::copy_of(sps)};
        parameters->pps = {media::Bytes::copy_of(pps)};
        media::Track video{
            .id = 0, .clock_rate = 90'000, .parameters = parameters, .codec = media::Codec::H264};
        media::Track audio{
            .id = 1, .clock_rate = 8'000, .parameters = nullptr, .codec = media::Codec::Pcma};
        return {video, audio};
    }

    static void write(Connection& c, std::string_view bytes) {
        const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        (void)c.stream->try_write({&part, 1});  // loopback takes what a test sends
    }

    async::Task<> serve(std::shared_ptr<Connection> c) {
        for (;;) {
            while (auto action = c->session.next_action(std::chrono::steady_clock::now())) {
                if (!handle(c, std::move(*action))) co_return;
            }
            const auto room = c->session.room();
            const auto count = co_await c->stream->read_some(room);
            if (!count) break;
            if (c->playing) note_method(base::as_text(room.first(*count)));
            if (heard_teardown(base::as_text(room.first(*count))) && !habits.answers_teardown)
                continue;
            c->session.commit(*count);
        }
        c->playing = false;
        c->stream->close();
    }

    void note_method(std::string_view bytes) {
        for (const char* method : {"OPTIONS", "GET_PARAMETER"}) {
            if (bytes.find(std::string(method) + " rtsp://") != std::string_view::npos)
                ++asked_while_playing[method];
        }
    }

    /// Also of sessions of other connections, which the protocol's server does not know.
    bool heard_teardown(std::string_view bytes) {
        if (bytes.find("TEARDOWN ") == std::string_view::npos) return false;
        ++teardowns;
        const std::size_t at = bytes.find("Session: ");
        if (at != std::string_view::npos)
            teardown_sessions.emplace(bytes.substr(at + 9, bytes.find('\r', at) - at - 9));
        return true;
    }

    bool may(const protocols::rtsp::Caller& caller) const {
        return habits.user.empty() || caller.authorised ||
               (caller.credentials && caller.credentials->user == habits.user &&
                caller.credentials->proves_password(habits.password));
    }

    bool handle(const std::shared_ptr<Connection>& c, protocols::rtsp::ServerAction action) {
        using namespace protocols::rtsp;
        ServerSession& s = c->session;
        if (const auto* send = std::get_if<Send>(&action)) {
            if (send->bytes.find("\r\nPublic:") != std::string::npos && c->playing) ++keep_alives;
            write(*c, send->bytes);
        } else if (const auto* describe = std::get_if<NeedDescribe>(&action)) {
            if (!may(describe->caller))
                s.respond_unauthorized(describe->id);
            else {
                media::Tracks told = tracks();
                if (habits.in_band_only) told[0].parameters = nullptr;
                if (!habits.video) told.erase(told.begin());
                s.respond_describe(describe->id, "user", protocols::sdp::sdp_from_tracks(told, {}));
            }
        } else if (const auto* setup = std::get_if<NeedSetup>(&action)) {
            s.respond_setup(setup->id, "user", set_up(*c, *setup));
        } else if (const auto* play = std::get_if<NeedPlay>(&action)) {
            s.respond_play(play->id, {});
            ++plays;
            last_session = s.session_id();
            c->playing = true;
            tasks_.spawn("media", [this, c] { return send_media(c); });
            for (std::size_t i = 0; i < c->lanes.size(); ++i) {
                if (!c->lanes[i]->tcp)
                    tasks_.spawn("rtcp", [this, c, i] { return hear_reports(c, i); });
            }
        } else if (const auto* incoming = std::get_if<Incoming>(&action)) {
            if (incoming->rtcp) hear(incoming->payload);
        } else if (std::holds_alternative<TornDown>(action)) {
            c->playing = false;
        } else if (std::holds_alternative<Close>(action)) {
            c->stream->close();
            return false;
        }
        return true;
    }

    protocols::rtsp::SetupAnswer set_up(Connection& c, const protocols::rtsp::NeedSetup& need) {
        ++setups;
        auto lane = std::make_unique<Lane>();
        lane->track = need.track.value_or(0);
        lane->tcp = need.transport.lower == protocols::rtsp::Transport::Lower::Tcp;
        protocols::rtsp::SetupAnswer answer{.track = lane->track, .server_port = {}, .ssrc = {}};
        if (!lane->tcp) {
            const auto loopback = net::ip::make_address("127.0.0.1");
            lane->sockets = std::move(*net::UdpSocket::bind_pair(executor_, loopback));
            client_ports.push_back(need.transport.client_port->rtp);
            lane->rtp_to = {loopback, need.transport.client_port->rtp};
            lane->rtcp_to = {loopback, need.transport.client_port->rtcp};
            answer.server_port =
                protocols::rtsp::PortPair{lane->sockets.rtp->port(), lane->sockets.rtcp->port()};
            if (!habits.tells_server_port) {
                answer.server_port = protocols::rtsp::PortPair{0, 0};
                lane->other = std::move(*net::UdpSocket::bind(executor_, loopback, 0));
            }
        }
        const media::Track track = tracks()[static_cast<std::size_t>(lane->track)];
        protocols::rtp::PacketizerSetup setup;
        setup.format = protocols::rtp::sending_format(track);
        setup.track_clock_rate = track.clock_rate;
        setup.channel = static_cast<std::uint8_t>(2 * lane->track);
        setup.ssrc = 100 + static_cast<std::uint32_t>(lane->track);
        setup.first_sequence = 65'000;
        setup.timestamp_offset = 4'294'900'000;
        lane->packetizer = std::make_unique<protocols::rtp::Packetizer>(setup);
        c.lanes.push_back(std::move(lane));
        return answer;
    }

    async::Task<> send_media(std::shared_ptr<Connection> c) {
        const media::Tracks told = tracks();
        for (int n = 0;; ++n) {
            if (!c->playing || !c->stream->is_open()) co_return;
            const bool silent = habits.fall_silent_after > 0 && n >= habits.fall_silent_after;
            for (const auto& lane : c->lanes) {
                if (silent || !(lane->tcp ? habits.media_over_tcp : habits.media_over_udp))
                    continue;
                send_one(*c, *lane, told, n);
            }
            if (habits.bye_after > 0 && n == habits.bye_after) {
                for (const auto& lane : c->lanes)
                    send_rtcp(*c, *lane,
                              protocols::rtcp::write_bye(lane->packetizer->ssrc(), "camera"));
            }
            if (habits.hang_up_after > 0 && n == habits.hang_up_after) c->stream->close();
            if (!co_await async::sleep_for(std::chrono::milliseconds(10))) co_return;
        }
    }

    void send_one(Connection& c, Lane& lane, const media::Tracks& told, int n) {
        media::AccessUnit unit;
        unit.key = lane.track == 1 || n % 10 == 0;
        unit.pts = n * (lane.track == 0 ? 900 : 80);
        std::vector<std::uint8_t> data(lane.track == 0 ? 3004 : 80, 0x81);
        if (lane.track == 0) {
            const std::uint8_t head[] = {0, 0, 0x0B, 0xB8,
                                         static_cast<std::uint8_t>(unit.key ? 0x65 : 0x41)};
            std::copy(std::begin(head), std::end(head), data.begin());
            ++pictures;
        }
        unit.data = media::Bytes::from(std::move(data));
        std::vector<std::uint8_t> block;
        std::vector<protocols::rtp::PacketRange> ranges;
        lane.packetizer->pack(unit, told[static_cast<std::size_t>(lane.track)].parameters.get(),
                              block, ranges);
        if (lane.tcp) {
            write(c, base::as_text(block));
        } else {
            net::UdpSocket& from = lane.other ? *lane.other : *lane.sockets.rtp;
            for (const auto& range : ranges)
                (void)from.try_send(lane.rtp_to,
                                    base::ByteSpan(block).subspan(range.offset, range.size));
        }
        if (habits.sender_reports && n % 20 == 10) {
            base::SystemClock clock;
            const auto report = protocols::rtcp::write_sender_report(
                {.ssrc = lane.packetizer->ssrc(),
                 .ntp = protocols::rtcp::to_ntp(clock.wall_now()),
                 .rtp_timestamp = lane.packetizer->rtp_timestamp(unit.pts),
                 .packets = 1,
                 .octets = 1,
                 .blocks = {}},
                "camera");
            send_rtcp(c, lane, report);
            ++sender_reports_sent;
        }
    }

    static void send_rtcp(Connection& c, Lane& lane, const std::vector<std::uint8_t>& bytes) {
        if (!lane.tcp) {
            (void)lane.sockets.rtcp->try_send(lane.rtcp_to, bytes);
            return;
        }
        std::uint8_t head[4];
        protocols::rtsp::write_interleave_header(
            head, static_cast<std::uint8_t>(2 * lane.track + 1), bytes.size());
        write(c, std::string(base::as_text(head)) + std::string(base::as_text(bytes)));
    }

    async::Task<> hear_reports(std::shared_ptr<Connection> c, std::size_t lane) {
        std::vector<std::uint8_t> buffer(2048);
        for (;;) {
            const auto got = co_await c->lanes[lane]->sockets.rtcp->receive(buffer);
            if (!got) co_return;
            hear(base::ByteSpan(buffer).first(got->size));
        }
    }

    void hear(base::ByteSpan bytes) {
        const auto packets = protocols::rtcp::parse(bytes);
        if (!packets) return;
        for (const auto& packet : *packets) {
            if (std::holds_alternative<protocols::rtcp::ReceiverReport>(packet)) {
                ++receiver_reports;
                if (sender_reports_sent == 0) ++reports_before_first_sender_report;
            }
            if (std::holds_alternative<protocols::rtcp::Bye>(packet)) ++byes;
        }
    }

    const async::Executor executor_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::shared_ptr<Connection>> connections_;
    async::TaskGroup tasks_;
};

}  // namespace casement::fakes
