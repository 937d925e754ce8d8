#pragma once
// A media file at its own pace, as if it were a camera.

#include <string>

#include "camera/endpoint.hpp"
#include "hub/source.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources::file {

/// Errors of run(): those of ffmpeg::Demuxer; Unavailable at the end of a file that is not to be
/// repeated.
class FileSource final : public hub::Source {
public:
    FileSource(camera::PlayFile way, Surroundings surroundings);

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override;

private:
    class Player;
    const camera::PlayFile way_;
    const Surroundings surroundings_;
};

}  // namespace casement::sources::file
