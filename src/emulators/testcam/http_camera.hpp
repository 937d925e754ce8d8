#pragma once
// A camera that only knows JPEG: one picture per request, or an endless multipart answer.

#include <cstdint>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "base/secret.hpp"
#include "emulators/testcam/feed.hpp"

namespace casement::emulators::testcam {

struct HttpCameraOptions {
    std::string listen = "127.0.0.1:0";
    std::string user = {};  // Basic; empty: open to everybody
    base::Secret password = {};
    /// How much the multipart answer keeps to RFC 2046.
    enum class Manners {
        Good,             // boundary and Content-Length right
        NoContentLength,  // the end of a picture shows only by the next boundary
        WrongBoundary,    // the Content-Type names another boundary than the one that is sent
        DashedBoundary,   // the Content-Type's boundary includes the two dashes
    } manners = Manners::Good;
};

struct HttpCameraCounters {
    std::uint64_t streams = 0;  // multipart answers begun
    std::uint64_t snapshots = 0;
    std::uint64_t unauthorized = 0;
    std::size_t streaming = 0;  // now
};

/// Lives on the executor of its feed, whose video must be MJPEG.
class HttpCamera {
public:
    /// InvalidArgument for a feed of another codec; errors of net::Listener::listen.
    static base::Result<std::unique_ptr<HttpCamera>> listen(std::shared_ptr<Feed> feed,
                                                            HttpCameraOptions options,
                                                            base::Log log);
    ~HttpCamera();

    std::string stream_url() const;    // http://127.0.0.1:40123/stream.mjpeg
    std::string snapshot_url() const;  // http://127.0.0.1:40123/snapshot.jpg
    HttpCameraCounters counters() const;

    /// Multipart answers are cut.
    void drop_connections();
    async::Task<> stop();

private:
    struct State;
    explicit HttpCamera(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::testcam
