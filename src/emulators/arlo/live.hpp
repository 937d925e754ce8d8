#pragma once
// The RTSP side of a camera: one client, media until somebody says stop, and the watchdog.

#include <functional>
#include <memory>

#include "emulators/arlo/core.hpp"

namespace casement::emulators::arlo {

/// Lives on the core's executor. Ports 554 and 555 share the one session: while it lasts neither
/// listens.
class Live {
public:
    /// `starved` is called when the watchdog has ended a stream; it may close() this.
    Live(CorePtr core, std::function<void()> starved);
    /// Everything ends at once, without a word.
    ~Live();

    /// Listens on the core's address. Errors as net::Listener::listen; nothing listens then.
    base::Result<> open();
    /// No port, no connection, no session any more: power, Wi-Fi or sleep are gone. Idempotent.
    void close();
    /// close(), and the encoders end.
    async::Task<> stop();

    /// Somebody is listened to: a session exists, though perhaps nobody reads it.
    bool is_busy() const;
    bool is_playing() const;
    bool is_listening() const;

    /// The registers ask for another picture.
    void resize();
    /// Timestamps and wall clock of what comes next.
    void jump_clock(std::chrono::microseconds by);

    struct State;  // shared with its tasks

private:
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::arlo
