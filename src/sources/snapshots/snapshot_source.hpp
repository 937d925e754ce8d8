#pragma once
// A camera's pictures, asked for one by one, as a stream in true time; and as films on the disk.

#include <memory>
#include <optional>
#include <string>

#include "async/bell.hpp"
#include "async/retry.hpp"
#include "camera/endpoint.hpp"
#include "ffmpeg/jpeg_to_h264.hpp"
#include "hub/source.hpp"
#include "net/http_client.hpp"
#include "sources/snapshots/answer.hpp"
#include "sources/snapshots/film_roll.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources::snapshots {

/// One request at a time: a server that is slower than the interval is asked less often. A picture
/// counts when it decodes and is another than the last one.
///
/// While the server says that the camera is off, or that it wants fewer questions, or does not
/// answer twice in a row, the source waits and says why. Errors of run(): those of the proof and of
/// the turn; of net::HttpClient those that another try does not mend; Unauthenticated
/// "account-refused" when a new proof is refused too; Unsupported "codec" when ten answers in a row
/// are no JPEG; those of FilmRoll::open().
class SnapshotSource final : public hub::Source {
public:
    SnapshotSource(camera::AskPictures way, Surroundings surroundings);
    ~SnapshotSource() override;

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    /// HTTP has no goodbye; the folder of films is another's to open.
    async::Task<> close(async::Deadline deadline) override;
    bool waits_for_peer() const override { return waits_.has_value(); }
    std::optional<base::Error> waits_because() const override { return waits_; }
    std::chrono::milliseconds stall() const override;
    std::string description() const override { return url_.without_credentials(); }

private:
    async::Task<base::Result<>> ask_on(net::HttpClient& client, hub::StreamWriter& writer);
    async::Task<base::Result<>> ask_once(net::HttpClient& client, hub::StreamWriter& writer);
    async::Task<base::Result<net::ClientResponse>> ask(net::HttpClient& client, bool is_refused);
    async::Task<base::Result<>> take_turn();
    async::Task<base::Result<>> miss(base::Error error);
    async::Task<base::Result<>> take(const net::ClientResponse& answer,
                                     const media::jpeg::Info& info, hub::StreamWriter& writer);
    async::Task<> keep(media::Bytes jpeg, base::WallTime at);
    async::Task<base::Result<>> wait(Answer answer);
    async::Task<base::Result<>> open_films();
    async::Task<base::Result<>> make_films();
    base::Result<> count_broken(hub::StreamWriter& writer, base::Error why);

    const camera::AskPictures way_;
    base::Url url_;  // of now
    const Surroundings surroundings_;
    std::shared_ptr<ffmpeg::JpegToH264> encoder_;  // shared with the pool while it encodes
    std::shared_ptr<FilmRoll> films_;              // the same
    std::optional<async::Bell> film_is_due_;
    camera::AskPictures::Fields fields_;
    bool is_known_ = false;  // `fields_` were answered
    std::optional<base::Error> waits_;
    std::unique_ptr<hub::StreamWriter> pen_;  // another one after each wait
    media::Bytes last_;
    std::uint64_t cachebuster_ = 0;
    async::Backoff unanswered_;
    int broken_in_row_ = 0;
    bool is_disk_bad_ = false;
    std::int64_t last_pts_ = -1;
    base::SteadyTime start_{};
    media::CodecParametersPtr announced_;
};

}  // namespace casement::sources::snapshots
