#pragma once
// The topics of the Go programs for Nanit: "nanit/babies/{baby}/temperature" and the like. Pure.
// Automations that were written for them go on, with two of their defects mended: values are
// retained, and a command reaches the camera that it names.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "camera/registry.hpp"
#include "notify/mqtt/client.hpp"

namespace casement::notify::mqtt {

struct OldCommand {
    std::string baby;
    std::string setting;  // of the camera
    bool is_on = false;
};

class OldNanit {
public:
    /// `prefix` is the first word, mostly "nanit".
    explicit OldNanit(std::string prefix) : prefix_(std::move(prefix)) {}

    /// A camera that these topics are about: it watches a baby.
    static bool is_about(const camera::Camera& camera);
    /// All that is known of it.
    std::vector<Message> all(const camera::Camera& camera) const;
    /// What a change means here; nothing for most.
    std::vector<Message> of(const camera::Change& change) const;
    /// An event at this camera: it is not retained.
    std::vector<Message> of(const events::Event& event, const camera::Camera& camera) const;

    std::vector<std::string> subscriptions() const;
    /// Nothing for what is no command, or is retained: a wish of yesterday's is none.
    std::optional<OldCommand> command(const Message& message) const;

private:
    std::string topic(const camera::Camera& camera, std::string_view key) const;

    const std::string prefix_;
};

}  // namespace casement::notify::mqtt
