#pragma once
// Pulls one camera over RTSP: TCP interleaved or UDP.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "base/clock.hpp"
#include "hub/source.hpp"
#include "protocols/rtp/media_receiver.hpp"
#include "sources/rtsp/dialogue.hpp"
#include "sources/rtsp/journal.hpp"
#include "sources/rtsp/rtsp_options.hpp"

namespace casement::sources::rtsp {

/// Errors of run(): those of net::connect (no-route, refused, certificate), the camera's refusals
/// (wrong-password, busy, codec, NotFound), `stalled`, and Unavailable when the camera ends the
/// stream.
class RtspSource final : public hub::Source, private protocols::rtp::MediaSink {
public:
    /// `clock` and `journal` outlive the source; no journal: null.
    RtspSource(RtspOptions options, const base::Clock& clock, SessionJournal* journal);
    ~RtspSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override { return options_.url.without_credentials(); }

private:
    /// What is agreed for one track; its index is the track's id.
    struct Lane {
        protocols::rtsp::ActiveTrack agreed;
        UdpLane* udp = nullptr;  // owned by the dialogue; null over TCP
    };
    struct DatagramBuffer;

    async::Task<base::Result<>> run_over(hub::StreamWriter& writer);
    async::Task<base::Result<>> play(hub::StreamWriter& writer,
                                     const protocols::rtsp::client::Started& started);
    async::Task<base::Result<>> receive();
    async::Task<base::Result<>> attend();
    async::Task<base::Result<>> receive_all_datagrams(std::size_t first);
    async::Task<base::Result<>> receive_datagrams(std::size_t lane, bool rtcp);
    async::Task<> part(async::Deadline deadline);

    void begin(const protocols::rtsp::client::Started& started);
    base::Result<> drain();
    void take(std::size_t track, bool rtcp, base::ByteSpan bytes);
    base::Result<> on_time();
    void report(std::size_t track);
    base::SteadyTime next_duty() const;
    base::Error stalled() const;
    base::SteadyTime silence_ends() const;
    void tell(camera::StreamNews::What what, std::optional<base::Error> error = std::nullopt);
    void read_clocks();

    void on_tracks(const media::Tracks& tracks) override;
    void on_unit(media::AccessUnit unit) override;
    void on_lost(std::uint64_t count) override;

    const RtspOptions options_;
    const base::Clock& clock_;
    SessionJournal* const journal_;

    // Of the session under way.
    std::unique_ptr<Dialogue> dialogue_;
    std::optional<OpenSession> noted_;  // stands in the journal
    std::unique_ptr<protocols::rtp::MediaReceiver> receiver_;
    std::vector<Lane> lanes_;
    hub::StreamWriter* writer_ = nullptr;  // while play() runs
    std::optional<async::Bell> bell_;      // wakes attend()
    std::string outbox_;
    base::SteadyTime now_{};
    base::WallTime wall_now_{};
    base::SteadyTime last_media_{};
    base::SteadyTime attend_at_{};
    std::optional<base::SteadyTime> next_report_;
    bool media_came_ = false;
    base::SteadyTime media_from_{};  // its first
    camera::PullRtsp::Transport carried_by_ = camera::PullRtsp::Transport::Auto;
    std::optional<base::Error> failed_;  // how run() ended
    bool told_end_ = false;
    bool said_bye_ = false;
};

}  // namespace casement::sources::rtsp
