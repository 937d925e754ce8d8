#pragma once
// HLS with fMP4 segments out of memory: one more viewer of the stream's pieces
// (outputs/mse/live_pieces.hpp), which comes with the first request and leaves half a minute after
// the last.

#include <memory>
#include <string>

#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "hub/stream.hpp"
#include "net/http_server.hpp"
#include "outputs/fanout/wire_stream.hpp"

namespace casement::outputs::hls {

/// The answers may be asked for on any thread; muxers live on the executor given, where stop() is
/// called too.
class Hls {
public:
    Hls(async::Executor executor, fanout::FanOut& fan_out, base::Log log);
    ~Hls();

    /// GET .../index.m3u8: starts the muxer and waits for its first segment. Errors: of the stream
    /// (no-route...), DeadlineExceeded. The query is repeated in every address of the list, for
    /// players that carry a token there.
    async::Task<base::Result<net::Response>> playlist(std::shared_ptr<hub::Stream> stream,
                                                      net::Request request);
    /// GET .../init.mp4?v=N. NotFound when no muxer runs or the version is gone.
    base::Result<net::Response> init(const std::string& stream, const net::Request& request) const;
    /// GET .../segment/{file}, "17.m4s". NotFound when it is gone.
    base::Result<net::Response> segment(const std::string& stream, std::string_view file) const;

    /// Ends every muxer.
    async::Task<> stop();

private:
    struct Channel;
    struct State;
    static async::Task<> run_channel(std::shared_ptr<State> state,
                                     std::shared_ptr<Channel> channel);
    static async::Task<base::Result<>> pump(fanout::FanOut& fan_out,
                                            std::shared_ptr<Channel> channel);
    std::shared_ptr<Channel> find(const std::string& stream) const;
    std::shared_ptr<Channel> find_or_start(std::shared_ptr<hub::Stream> stream,
                                           const net::Request& request);

    std::shared_ptr<State> state_;
};

}  // namespace casement::outputs::hls
