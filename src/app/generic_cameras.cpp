#include "app/generic_cameras.hpp"

#include <utility>

#include "app/push_address.hpp"
#include "base/log.hpp"

namespace casement::app {

namespace {

using camera::Way;

camera::PullRtsp::Transport transport_of(config::Transport transport) {
    switch (transport) {
        case config::Transport::Tcp:
            return camera::PullRtsp::Transport::Tcp;
        case config::Transport::Udp:
            return camera::PullRtsp::Transport::Udp;
        case config::Transport::Auto:
            break;
    }
    return camera::PullRtsp::Transport::Auto;
}

camera::PullRtsp::KeepAlive keep_alive_of(config::KeepAlive keep_alive) {
    switch (keep_alive) {
        case config::KeepAlive::Options:
            return camera::PullRtsp::KeepAlive::Options;
        case config::KeepAlive::GetParameter:
            return camera::PullRtsp::KeepAlive::GetParameter;
        case config::KeepAlive::None:
            return camera::PullRtsp::KeepAlive::None;
        case config::KeepAlive::Auto:
            break;
    }
    return camera::PullRtsp::KeepAlive::Auto;
}

Way pull(const config::Camera& camera, const base::Url& url) {
    if (url.scheme == "rtmp" || url.scheme == "rtmps")
        return camera::PullRtmp{.url = url, .connection = {}};
    if (url.scheme == "http" || url.scheme == "https") {
        if (camera.interval)
            return camera::HttpJpegPoll{
                .url = url, .interval = *camera.interval, .headers = {}, .connection = {}};
        return camera::HttpMjpeg{.url = url, .headers = {}, .connection = {}};
    }
    camera::PullRtsp way;
    way.url = url;
    way.transport = transport_of(camera.transport);
    way.keep_alive = keep_alive_of(camera.keep_alive);
    if (camera.receiver_report_interval) {
        way.receiver_report_every = *camera.receiver_report_interval;
        way.reports_before_first_sender_report = true;
    }
    return way;
}

base::Result<Way> push(const config::Camera& camera, store::SealedStore& sealed) {
    camera::ExpectPush way;
    way.key = camera.push_key;
    if (way.key.empty()) {
        CASEMENT_TRY(way.key, kept_push_key(sealed, camera.id));
    }
    base::mask_in_logs(way.key.reveal());
    return way;
}

}  // namespace

base::Result<std::vector<drivers::generic::CameraConfig>> generic_cameras(
    const config::Config& config, store::SealedStore& sealed) {
    std::vector<drivers::generic::CameraConfig> out;
    for (const config::Camera& camera : config.cameras) {
        drivers::generic::CameraConfig entry;
        entry.id = camera.id;
        entry.name = camera.display_name();
        entry.audio = camera.audio;
        if (const auto* source = std::get_if<config::PullSource>(&camera.source)) {
            entry.way = pull(camera, source->url);
        } else if (const auto* file = std::get_if<config::FileSource>(&camera.source)) {
            entry.way = camera::PlayFile{.path = file->path, .loop = true};
        } else if (std::holds_alternative<config::PushSource>(camera.source)) {
            CASEMENT_TRY(entry.way, push(camera, sealed));
        } else {
            continue;  // a vendor's
        }
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace casement::app
