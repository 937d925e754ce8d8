#pragma once
// One connection with one server of nexustalk, from hello to its end.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/bell.hpp"
#include "base/clock.hpp"
#include "camera/endpoint.hpp"
#include "hub/stream_writer.hpp"
#include "protocols/nest/client_session.hpp"
#include "protocols/nest/playback_media.hpp"
#include "sources/nexustalk/link.hpp"

namespace casement::sources::nexustalk {

/// Lives on one executor.
class Conversation {
public:
    struct Parts {
        const camera::PullNexustalk& way;
        camera::PullNexustalk::Pass pass;
        const base::Clock& clock;
        hub::StreamWriter& writer;
        std::int32_t session_id = 1;
    };
    Conversation(const async::Executor& executor, Parts parts, std::unique_ptr<Link> link);

    struct End {
        enum class Why : std::uint8_t {
            Redirected,  // to `host`
            Refused,     // the pass is not taken, or no longer
            NotReached,  // the vendor does not reach the camera: `error`
            Failed,      // `error`
        };
        Why why = Why::Failed;
        std::string host{};
        std::optional<base::Error> error{};
    };
    /// Until it ends.
    async::Task<End> run();
    /// Pictures have come.
    bool has_played() const { return has_played_; }
    /// The newest that was shown.
    const camera::PullNexustalk::Pass& pass() const { return parts_.pass; }
    /// A newer one was shown, and what opened the connection has come to its end by now.
    bool has_outlived_its_first() const;
    base::SteadyTime opened_at() const { return opened_at_; }
    /// Ends the playback; may be called while run() is, or after it was cancelled.
    async::Task<> say_goodbye(async::Deadline deadline);

    /// Speex; none ends the talk.
    bool talk(std::vector<std::uint8_t> speex);

private:
    async::Task<base::Result<End>> listen();
    async::Task<base::Result<End>> send();
    async::Task<base::Result<End>> watch();
    async::Task<base::Result<>> renew();
    std::optional<End> take(protocols::nest::ClientEvent event);
    base::Result<> begin(const std::vector<protocols::nest::Channel>& channels);
    void publish();
    void flush_output();

    Parts parts_;
    const std::unique_ptr<Link> link_;
    protocols::nest::ClientSession session_;
    std::optional<protocols::nest::PlaybackMedia> media_;
    int version_ = 0;
    bool has_played_ = false;
    std::optional<base::WallTime> first_ends_;  // of the pass that a newer one was shown after
    base::SteadyTime opened_at_, last_frame_{};
    base::SteadyTime ping_at_, look_at_;
    std::vector<std::uint8_t> unsent_;
    async::Bell to_send_;
};

}  // namespace casement::sources::nexustalk
