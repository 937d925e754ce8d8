#pragma once
// What a new configuration changes, so that a reload disturbs only that.

#include <string>
#include <vector>

#include "app/config/config.hpp"

namespace casement::app::config {

struct CameraChange {
    std::string id;
    bool source = false;  // way in, transport, push key, on_demand, audio...: the connection must
                          // be made again
    bool recording = false;  // what is kept: the recorder takes it over without touching the stream
    bool events = false;     // which events the hub makes by itself
    bool name = false;       // words only
};

struct Changes {
    std::vector<std::string> cameras_added;
    std::vector<std::string> cameras_removed;
    std::vector<CameraChange> cameras_changed;
    bool http = false;
    bool rtsp = false;
    bool rtmp = false;
    bool tokens = false;
    bool log = false;
    bool linger = false;
    std::vector<std::string> at_next_start;  // keys that a running hub does not take over

    bool empty() const;
    /// One line for the log: "added porch; changed hall (recording); rtsp listens elsewhere".
    std::string summary() const;
};

Changes diff(const Config& before, const Config& after);

}  // namespace casement::app::config
