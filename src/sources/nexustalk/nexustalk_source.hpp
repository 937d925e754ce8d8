#pragma once
// A camera of Nest, live with sound, through the vendor's servers.

#include <memory>
#include <string>

#include "camera/endpoint.hpp"
#include "hub/source.hpp"
#include "sources/nexustalk/conversation.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources::nexustalk {

/// Follows redirects (five in a row at most, where the way allows them), shows newer passes on the
/// open connection, and connects once more when the server ends the session because of the old one,
/// with the newest that it has not seen refused: none of that ends the run.
///
/// Errors of run(): those of net::connect(), of the proof, and Unavailable "no-route" (the vendor
/// cannot reach the camera: no hurry), "codec", "vendor-down"; DeadlineExceeded "stalled",
/// "no-keyframe"; Unauthenticated "account-refused" when a new pass is refused too;
/// PermissionDenied for a redirect to a stranger.
class NexustalkSource final : public hub::Source {
public:
    NexustalkSource(camera::PullNexustalk way, Surroundings surroundings);
    ~NexustalkSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override;

private:
    struct Hop {  // where to, with redirects
        std::string host;
        std::uint16_t port = 0;
        bool is_port_guessed = false;
    };
    async::Task<base::Result<std::unique_ptr<Link>>> connect(Hop& hop);
    struct Refusal {
        bool has_played = false;
        bool is_of_older = false;  // than the pass that was shown last
    };
    async::Task<base::Result<Refusal>> converse(hub::StreamWriter& writer,
                                                camera::PullNexustalk::Pass& pass);
    base::Result<Hop> first_hop() const;
    base::Result<Hop> next_hop(const Hop& from, const std::string& said) const;
    void open_back_channel(const async::Executor& executor);

    const camera::PullNexustalk way_;
    const Surroundings surroundings_;
    std::int32_t session_id_;
    std::unique_ptr<hub::StreamWriter> pen_;  // another one for each connection
    std::shared_ptr<Conversation> conversation_;
    std::string where_;
};

}  // namespace casement::sources::nexustalk
