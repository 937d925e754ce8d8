#pragma once
// A generated picture as a source: no camera, no network, no file.

#include <string>

#include "camera/endpoint.hpp"
#include "hub/source.hpp"
#include "sources/surroundings.hpp"

namespace casement::sources::generated {

class GeneratedSource final : public hub::Source {
public:
    /// `name` is shown in the picture.
    GeneratedSource(camera::TestPicture way, std::string name, Surroundings surroundings);

    async::Task<base::Result<>> run(hub::StreamWriter& writer) override;
    async::Task<> close(async::Deadline deadline) override;
    std::string description() const override;

private:
    const camera::TestPicture way_;
    const std::string name_;
    const Surroundings surroundings_;
};

}  // namespace casement::sources::generated
