#pragma once
// Pictures of events, from the short films that the vendor offers to accounts with a plan.

#include <cstdint>
#include <string>

#include "async/blocking_pool.hpp"
#include "async/deadline.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "net/http_client.hpp"

namespace casement::drivers::nanit {

struct ClipOptions {
    /// Pictures go to "<data>/events/"; empty = none are fetched.
    std::string data{};
    net::HttpClientOptions http{};                       // trust, overrides
    bool allow_plain = false;                            // http from loopback: an emulator
    std::size_t max_clip_bytes = std::size_t{32} << 20;  // most are a few MiB
    int width = 1280;                                    // at most, of a picture
    std::size_t most = 2000;                             // of all cameras; the oldest go first
};

/// Lives on one executor; the pool outlives it.
class ClipPictures {
public:
    ClipPictures(async::Executor executor, async::BlockingPool& disk, ClipOptions options,
                 base::Log log);

    bool is_wanted() const { return !options_.data.empty(); }
    /// The first whole picture of the clip, as "events/nanit-nursery-ev5c20.jpg" below `data`: what
    /// events::Event::media wants. The address is asked without any token of ours, for it carries
    /// its own. InvalidArgument for an address that is none or has no TLS, ResourceExhausted for a
    /// clip that is too long, DataLoss for one without a picture, those of a download.
    async::Task<base::Result<std::string>> fetch(std::string camera, std::string event,
                                                 base::Secret address, async::Deadline deadline);

private:
    async::BlockingPool& disk_;
    const ClipOptions options_;
    const base::Log log_;
    net::HttpClient http_;
};

}  // namespace casement::drivers::nanit
