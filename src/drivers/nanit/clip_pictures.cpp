#include "drivers/nanit/clip_pictures.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/url.hpp"
#include "drivers/event_media.hpp"
#include "ffmpeg/demuxer.hpp"
#include "ffmpeg/snapshot.hpp"
#include "net/endpoint.hpp"
#include "store/files.hpp"

namespace casement::drivers::nanit {

namespace {

namespace fs = std::filesystem;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;

// A clip begins with a key frame; one that has none among these has none.
constexpr int kMostUnits = 300;

struct Removed {
    fs::path path;
    ~Removed() {
        std::error_code ignored;
        fs::remove(path, ignored);
    }
};

Result<media::Bytes> first_picture(const fs::path& clip, int width) {
    CASEMENT_TRY(const auto demuxer, ffmpeg::Demuxer::open(clip));
    for (int i = 0; i < kMostUnits; ++i) {
        CASEMENT_TRY(const auto unit, demuxer->next());
        if (!unit) break;
        const auto track = std::ranges::find(demuxer->tracks(), unit->track, &media::Track::id);
        if (track == demuxer->tracks().end() || track->kind() != media::Kind::Video || !unit->key ||
            !track->parameters)
            continue;
        return ffmpeg::jpeg_of(*track->parameters, *unit, {.width = width});
    }
    return fail(ErrorKind::DataLoss, "the clip has no whole picture");
}

/// Blocks.
Result<std::string> keep_picture(const ClipOptions& options, const std::string& name,
                                 const std::string& clip) {
    // libavformat reads files.
    const Removed part{fs::path(options.data) / ("." + name + ".part")};
    CASEMENT_TRY(store::replace_file(part.path.string(), clip));
    CASEMENT_TRY(const media::Bytes jpeg, first_picture(part.path, options.width));
    return keep_event_media({.data = options.data, .vendor = "nanit", .most = options.most}, name,
                            "jpg", base::as_text(jpeg.view()));
}

}  // namespace

ClipPictures::ClipPictures(async::Executor executor, async::BlockingPool& disk, ClipOptions options,
                           base::Log log)
    : disk_(disk),
      options_(std::move(options)),
      log_(std::move(log)),
      http_(std::move(executor), options_.http) {}

Task<Result<std::string>> ClipPictures::fetch(std::string camera, std::string event,
                                              base::Secret address, Deadline deadline) {
    const auto url = base::Url::parse(address.reveal());
    const bool is_here = options_.allow_plain && url && net::is_loopback(url->host);
    if (!url || url->has_credentials() ||
        (url->scheme != "https" && !(url->scheme == "http" && is_here)))
        co_return fail(ErrorKind::InvalidArgument, "the clip has no https address");
    CASEMENT_CO_TRY(auto answer, co_await http_.send({.method = "GET",
                                                      .url = address.reveal(),
                                                      .headers = {},
                                                      .body = {},
                                                      .credentials = {},
                                                      .max_body_bytes = options_.max_clip_bytes,
                                                      .max_redirects = 0},
                                                     deadline));
    if (!answer.is_success()) co_return std::unexpected(net::status_error("clip", answer.status));
    // Ids have dots and colons; a file name has none but ours.
    std::string name = fmt::format("{}-{}", camera, event);
    std::ranges::replace_if(name, [](char c) { return c == '.' || c == ':' || c == '/'; }, '_');
    co_return co_await disk_.run([options = options_, name, clip = std::move(answer.body)] {
        return keep_picture(options, name, clip);
    });
}

}  // namespace casement::drivers::nanit
