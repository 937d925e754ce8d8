#pragma once
// The control channel of one camera: one connection, kept, by the better of two roads.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "async/turns.hpp"
#include "drivers/nanit/cloud_road.hpp"
#include "drivers/nanit/control.hpp"
#include "drivers/nanit/link.hpp"
#include "drivers/nanit/local_road.hpp"

namespace casement::drivers::nanit {

struct ChannelOptions {
    std::string serial;         // the camera's
    std::string local_address;  // host:port of the configuration; empty = as learnt
    RelayOptions relay;
    Timing timing;
};

inline constexpr std::size_t kAtOnce = 4;
inline constexpr std::size_t kMaxWaiting = 64;
/// A few questions at a time, the more urgent first. Of the background there is one at a time, so
/// that a camera that is slow to answer polls has room for a person.
async::TurnLimits turn_limits();
inline std::size_t rank_of(Urgency urgency) { return static_cast<std::size_t>(urgency); }

/// Keeps one connection while run() runs: the camera's own socket where its address is known, else
/// the relay. Lives on one executor; account, memory and clock outlive it.
///
/// - A lost local connection is the relay's at once; from the relay the local one is tried again
///   every Timing::probe_local, and the relay left only when it stands.
/// - The relay goes deaf when the token ends that a connection was opened with: with each renewal
///   there is a new connection before the old one goes.
/// - A question without an answer makes the connection suspect: it is opened anew and asked once
///   more. Never for Background, where that would end the streams that a renewal protects.
class Channel final : public Control {
public:
    Channel(const async::Executor& executor, Account& account, Memory& memory,
            const base::Clock& clock, ChannelOptions options, Link::OnMessage on_message);
    /// After run() has ended.
    ~Channel() override;

    /// Until cancelled; says goodbye to the camera then.
    async::Task<> run();

    async::Task<base::Result<pb::Response>> ask(pb::Request request, Urgency urgency,
                                                async::Deadline deadline) override;
    Road road() const override { return road_; }
    [[nodiscard]] std::shared_ptr<const RoadListener> listen(RoadListener listener) override;

    /// Where the camera called the hub from: its own socket is tried there.
    async::Task<> learn_address(std::string ip);
    /// The certificate that the camera shows next is the one to expect from then on.
    async::Task<> trust_again();
    /// The cloud says whether it has a connection to the camera.
    void cloud_says(bool is_connected);

    /// The address at the other end of the present connection, where that is the camera's own.
    std::string camera_host() const { return road_ == Road::Local ? local_.host() : ""; }
    /// The camera itself has spoken over the present connection.
    bool has_heard() const { return link_ && link_->has_heard(); }
    /// Why there is no connection; why there is none in the house. Empty where there is.
    const std::optional<base::Error>& problem() const { return problem_; }
    const std::optional<base::Error>& local_problem() const { return local_problem_; }

private:
    using Steady = std::chrono::steady_clock;
    async::Task<> look();
    async::Task<bool> try_local();
    async::Task<bool> try_cloud();
    bool may_try_local() const;
    Steady::time_point next_look() const;
    void adopt(Road road, std::shared_ptr<net::WebSocket> socket);
    void ended(const std::shared_ptr<Link>& link, const base::Error& why);
    void tell();
    void heard(const pb::Message& message);
    async::Task<base::Result<>> arrival(async::Deadline deadline);
    async::Deadline patience(const pb::Request& request, Urgency urgency,
                             async::Deadline deadline) const;

    const async::Executor executor_;
    const ChannelOptions options_;
    const Link::OnMessage on_message_;
    const base::Log log_;
    LocalRoad local_;
    CloudRoad cloud_;
    async::Turns turns_;
    async::Bell bell_;
    asio::steady_timer arrived_;  // its waiters wake when there is a connection
    async::Backoff backoff_;

    std::shared_ptr<Link> link_;
    Road road_ = Road::None;
    Steady::time_point opened_at_{};
    Steady::time_point retry_at_{};  // without a connection, or with one whose token was renewed
    Steady::time_point local_at_{};  // not before
    bool is_renewed_ = false;        // the token of the present connection is an old one
    bool is_suspect_ = false;
    bool cloud_sees_camera_ = true;
    std::optional<base::Error> problem_, local_problem_;
    std::set<protocols::nanit::UnknownField> unknown_;  // logged already
    std::set<std::int32_t> unknown_types_;
    std::vector<std::weak_ptr<const RoadListener>> listeners_;
    const std::shared_ptr<const Account::Renewal> renewal_;
    async::TaskGroup tasks_;
};

/// What the camera's status code means for whoever asked (Control::ask()).
base::Result<pb::Response> accepted(pb::Response response);

}  // namespace casement::drivers::nanit
