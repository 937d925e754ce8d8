#pragma once
// What the camera's parts share: sessions, slots, answers.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "emulators/nanit/camera.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"

namespace casement::emulators::nanit {

// Shared with the relay, the tasks and, weakly, with the handlers of connections that may end
// later.
struct Camera::State final : ControlPort, std::enable_shared_from_this<Camera::State> {
    State(async::Executor e, async::BlockingPool& pool, const base::Clock& c, CameraOptions o,
          const base::Log& log);

    const async::Executor executor;
    const base::Clock& clock;
    const CameraOptions options;
    const base::Log log;
    std::shared_ptr<net::Listener> listener;  // none: no door, or no power
    std::string door_address;                 // with its real port
    std::unique_ptr<net::HttpServer> door;
    CameraState memory;
    const std::shared_ptr<Streams> streams;
    CameraFaults faults;
    CameraCounters counters;
    std::vector<std::shared_ptr<ControlSession>> sessions;
    std::vector<std::shared_ptr<net::WebSocket>> local;
    std::vector<base::SteadyTime> lost;  // when slots of vanished clients come free
    std::int32_t next_push = 5001;
    bool is_off = false;
    int boots = 1;
    std::shared_ptr<net::WebSocket> link;  // to the cloud, while it is up
    std::map<std::uint32_t, std::shared_ptr<ControlSession>> relayed;  // over it, by their number
    async::Bell power;  // what waits for the next dial, waits no more
    async::TaskGroup tasks;

    // ControlPort
    void joined(std::shared_ptr<ControlSession> session) override;
    void heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan bytes) override;
    void left(const std::shared_ptr<ControlSession>& session) override;

    base::Result<> make_door();
    base::Result<> open_door();
    static async::Task<> keep_linked(std::shared_ptr<State> state);
    static async::Task<base::Result<>> run_link(std::shared_ptr<State> state);
    void take_link(base::ByteSpan bytes);
    static async::Task<> serve(std::shared_ptr<State> state,
                               std::shared_ptr<net::WebSocket> socket);
    std::size_t used_slots();
    void power_off();
    base::Result<> power_on();
    static async::Task<> power_cut(std::shared_ptr<State> state, std::chrono::milliseconds length);

    void take_request(const std::shared_ptr<ControlSession>& session, const pb::Request& request);
    pb::Message put_streaming(const std::shared_ptr<ControlSession>& session,
                              const pb::Request& request);
    pb::Message get_logs(const pb::Request& request);
    static async::Task<> send_logs(std::shared_ptr<State> state, std::string url);
    int uploading = 0;
    void push(pb::Request request);
    static async::Task<> push_sensors(std::shared_ptr<State> state);
    static async::Task<> push_sting(std::shared_ptr<State> state);
    std::chrono::milliseconds next_push_in() const;
    std::chrono::milliseconds scaled(std::chrono::milliseconds wait) const;
};

}  // namespace casement::emulators::nanit
