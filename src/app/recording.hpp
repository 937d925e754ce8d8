#pragma once
// The recorder as configuration and API see it.

#include <memory>
#include <string>
#include <string_view>

#include "api/api.hpp"
#include "api/footage.hpp"
#include "app/config/config.hpp"
#include "recorder/recorder.hpp"

namespace casement::app {

/// A camera that runs on a battery and that nobody asked to stream without a viewer: it would be
/// empty in a day. `says_battery`: what the camera says where the file does not.
bool is_spared(const config::Config& config, std::string_view id, bool says_battery);
/// What is kept of one camera, listed in the file or not. `says_battery`: likewise.
config::Record record_of(const config::Config& config, std::string_view id, bool says_battery);
/// What the configuration asks of one camera.
recorder::Policy policy_of(const config::Record& record);
/// For the API; thread-safe.
api::RecordingState recording_state(const recorder::Recorder& recorder, const std::string& camera);

/// Why there is no footage, for a person: never without words.
std::string sentence_of(const recorder::Gap& gap);

/// The recorder's library in the API's words. Thread-safe; the recorder outlives it.
class Footage final : public api::FootageStore {
public:
    explicit Footage(recorder::Library& library) : library_(library) {}

    async::Task<base::Result<api::FootageList>> list(std::string camera, base::WallTime from,
                                                     base::WallTime to) override;
    async::Task<base::Result<std::unique_ptr<api::Footage>>> open(std::string camera,
                                                                  base::WallTime from,
                                                                  base::WallTime to) override;

private:
    recorder::Library& library_;
};

}  // namespace casement::app
