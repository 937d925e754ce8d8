#include "sources/open_source.hpp"

#include <utility>
#include <variant>

#include "sources/best_of/best_of_source.hpp"
#include "sources/change_over/change_over_source.hpp"
#include "sources/file/file_source.hpp"
#include "sources/generated/generated_source.hpp"
#include "sources/http/picture_source.hpp"
#include "sources/leased.hpp"
#include "sources/nexustalk/nexustalk_source.hpp"
#include "sources/push/push_source.hpp"
#include "sources/rtmp/rtmp_source.hpp"
#include "sources/rtsp/rtsp_source.hpp"
#include "sources/snapshots/snapshot_source.hpp"
#include "sources/without_audio.hpp"

namespace casement::sources {

namespace {

using Opened = base::Result<std::unique_ptr<hub::Source>>;

net::ConnectOptions connect_options(const camera::Connection& connection) {
    net::ConnectOptions out;
    out.resolve = connection.resolve;
    out.bind_address = connection.bind_address;
    if (!connection.ca_file.empty()) out.tls = net::TlsOptions{.ca_file = connection.ca_file};
    return out;
}

struct Opener {
    const std::string& camera;
    const Entrance& entrance;
    const camera::StreamEndpoint& endpoint;
    const bool audio = endpoint.audio;

    Opened operator()(const camera::PullRtsp& way) const {
        rtsp::RtspOptions options = rtsp::options_of(way, camera);
        options.audio = audio;
        options.allowance = endpoint.allowance;
        options.tell = endpoint.tell;
        return std::make_unique<rtsp::RtspSource>(std::move(options), entrance.surroundings.clock,
                                                  entrance.journal);
    }
    Opened operator()(const camera::PullRtmp& way) const {
        return std::make_unique<rtmp::RtmpSource>(
            rtmp::RtmpOptions{.url = way.url,
                              .connect = connect_options(way.connection),
                              .open_within = way.open_within,
                              .stall = way.silence},
            entrance.surroundings.clock);
    }
    Opened operator()(const camera::ExpectPush& way) const {
        return std::make_unique<push::PushSource>(entrance.push_door, camera, way,
                                                  entrance.surroundings.clock);
    }
    Opened operator()(const camera::HttpMjpeg& way) const {
        return std::make_unique<http::PictureSource>(way, entrance.surroundings);
    }
    Opened operator()(const camera::HttpJpegPoll& way) const {
        return std::make_unique<http::PictureSource>(way, entrance.surroundings);
    }
    Opened operator()(const camera::PlayFile& way) const {
        return std::make_unique<file::FileSource>(way, entrance.surroundings);
    }
    Opened operator()(const camera::TestPicture& way) const {
        return std::make_unique<generated::GeneratedSource>(way, camera, entrance.surroundings);
    }
    Opened operator()(const camera::ChangeOver& way) const {
        return std::make_unique<change_over::ChangeOverSource>(
            camera, way,
            change_over::ChangeOverSource::Parts{
                .push_door = entrance.push_door,
                .clock = entrance.surroundings.clock,
                .log = entrance.surroundings.log.with("camera", camera),
                .open = opener()});
    }
    Opened operator()(const camera::BestOf& way) const {
        return std::make_unique<best_of::BestOfSource>(
            way,
            best_of::BestOfSource::Parts{.clock = entrance.surroundings.clock,
                                         .log = entrance.surroundings.log.with("camera", camera),
                                         .open = opener()});
    }

    Opened operator()(const camera::AskPictures& way) const {
        return std::make_unique<snapshots::SnapshotSource>(way, entrance.surroundings);
    }
    Opened operator()(const camera::PullNexustalk& way) const {
        return std::make_unique<nexustalk::NexustalkSource>(way, entrance.surroundings);
    }

    /// For sources that open others.
    std::function<Opened(const camera::StreamEndpoint&)> opener() const {
        return [name = camera, in = entrance](const camera::StreamEndpoint& inner) {
            return open_source(name, inner, in);
        };
    }
};

}  // namespace

Opened open_source(const std::string& camera, const camera::StreamEndpoint& endpoint,
                   const Entrance& entrance) {
    CASEMENT_TRY(auto source, std::visit(Opener{camera, entrance, endpoint}, endpoint.way));
    if (endpoint.lease) {
        source = std::make_unique<Leased>(std::move(source), *endpoint.lease,
                                          entrance.surroundings.clock,
                                          entrance.surroundings.log.with("camera", camera));
    }
    if (!endpoint.audio) return std::make_unique<WithoutAudio>(std::move(source));
    return source;
}

}  // namespace casement::sources
