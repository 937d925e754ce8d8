#pragma once
// What the connections of one streaming host share, and one of them.

#include <deque>
#include <set>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "emulators/nest/live_host.hpp"
#include "net/http_server.hpp"
#include "protocols/nest/messages.hpp"

namespace casement::emulators::nest {

namespace wire = protocols::nest;

class LiveSession;

// Shared with the tasks of its connections.
struct LiveHost::State : std::enable_shared_from_this<LiveHost::State> {
    State(async::Executor e, async::BlockingPool& p, const base::Clock& c, const Accounts& a,
          Home& h, LiveOptions o, const base::Log& l);

    const async::Executor executor;
    async::BlockingPool& pool;
    const base::Clock& clock;
    const Accounts& accounts;
    Home& home;
    const LiveOptions options;
    const base::Log log;
    std::unique_ptr<net::Listener> listener, websocket_listener;
    net::HttpServer server;
    const LiveFaults* faults = nullptr;  // the host's
    LiveFaults* used_up = nullptr;       // the same, to count down
    LiveCounters counters;
    std::vector<Spoken> spoken;
    std::map<std::string, std::shared_ptr<testcam::Feed>, std::less<>> feeds;  // by uuid
    std::set<LiveSession*> sessions;
    async::TaskGroup tasks;

    base::Result<> listen();
    void take(std::unique_ptr<net::PlainStream> stream);
    static async::Task<> serve_stream(std::shared_ptr<State> state,
                                      std::shared_ptr<std::unique_ptr<net::PlainStream>> taken);
    async::Task<base::Result<std::shared_ptr<testcam::Feed>>> feed_of(std::string uuid);
    std::chrono::milliseconds scaled(std::chrono::milliseconds wait) const;
};

/// One connection. Its four tasks end together.
class LiveSession {
public:
    /// `cuts`: what ends it, beside `is_down`.
    LiveSession(std::shared_ptr<LiveHost::State> host, std::unique_ptr<LiveWire> wire,
                std::string own_address, bool LiveFaults::* cuts = &LiveFaults::is_down);
    ~LiveSession();
    LiveSession(const LiveSession&) = delete;

    async::Task<> serve();

    const std::string& uuid() const { return uuid_; }
    void end_playback(wire::EndReason reason);
    /// Told, and cut when it has been sent.
    void fail(wire::ErrorCode code, std::string_view message);
    void reset();

private:
    // The four.
    async::Task<base::Result<>> read();
    async::Task<base::Result<>> write();
    async::Task<base::Result<>> play();
    async::Task<base::Result<>> watch();

    // An error of these is told to the client, and ends the connection.
    base::Result<> take(const wire::Packet& packet);
    base::Result<> greet(const wire::Hello& hello);
    base::Result<> renew(const wire::AuthorizeRequest& request);
    base::Result<> start(const wire::StartPlayback& request);
    base::Result<> hear(const wire::AudioPayload& talk);
    bool is_authorized() const;
    bool is_cut() const { return host_->faults->is_down || host_->faults->*cuts_; }
    bool redirect(int& count, bool is_transcode);
    void say(std::vector<std::uint8_t> packet);

    struct Playback;
    async::Task<base::Result<>> play_one(std::shared_ptr<Playback> playback);
    bool begin(Playback& playback, const testcam::FeedItem& item);
    void send_unit(Playback& playback, const testcam::FeedItem& item);
    void send_payload(Playback& playback, int track, base::ByteSpan payload, std::int64_t delta);

    const std::shared_ptr<LiveHost::State> host_;
    const std::unique_ptr<LiveWire> wire_;
    const std::string own_address_;
    bool LiveFaults::* const cuts_;
    wire::PacketReader reader_;
    std::string uuid_;  // empty until HELLO
    std::string token_;
    std::deque<std::vector<std::uint8_t>> to_send_;
    std::size_t to_send_bytes_ = 0;
    bool ends_ = false;  // when everything has been sent
    bool is_half_sent_ = false;
    async::Bell has_output_, has_playback_;
    std::shared_ptr<Playback> playback_;
    std::optional<std::size_t> talk_;  // of the host's record
    base::SteadyTime heard_at_, pinged_at_;
};

}  // namespace casement::emulators::nest
