#pragma once
// HTTP cameras: an endless multipart answer, or one JPEG per request.

#include <memory>
#include <string>
#include <variant>

#include "camera/endpoint.hpp"
#include "hub/source.hpp"
#include "sources/http/picture_publisher.hpp"

namespace casement::sources::http {

/// A camera that is asked for MJPEG and answers with a single JPEG is polled, once a second.
///
/// Errors of run(): those of net::HttpClient, Unauthenticated with reason `wrong-password`,
/// DeadlineExceeded with reason `stalled`, Unsupported with reason `codec` when what it sends is no
/// JPEG.
class PictureSource final : public hub::Source {
public:
    PictureSource(camera::HttpMjpeg way, Surroundings surroundings,
                  Pictures pictures = Pictures::ToH264);
    PictureSource(camera::HttpJpegPoll way, Surroundings surroundings,
                  Pictures pictures = Pictures::ToH264);

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    /// HTTP has no goodbye: the connection was closed when run() ended.
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override;

private:
    const std::variant<camera::HttpMjpeg, camera::HttpJpegPoll> way_;
    const Surroundings surroundings_;
    const Pictures pictures_;
};

}  // namespace casement::sources::http
