#include "app/clips.hpp"

#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "base/random.hpp"
#include "outputs/mse/muxer.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

/// A sleeping camera may take a minute to its first picture.
constexpr std::chrono::seconds kFirstPicture{90};
/// What the stream still has of a time when somebody else watched is no part of the clip; its
/// newest key frame is.
constexpr std::chrono::seconds kOldest{10};
/// Written together.
constexpr std::size_t kBatchBytes = 256 * 1024;

/// Blocks.
Result<> append_now(const std::string& path, const std::vector<std::uint8_t>& bytes) {
    struct Close {
        void operator()(std::FILE* file) const { (void)std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "ab"));
    if (!file) return std::unexpected(store::file_error(errno, "open " + path));
    const bool is_whole = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
    if (!is_whole || std::fflush(file.get()) != 0)
        return std::unexpected(store::file_error(errno, "write " + path));
    return {};
}

/// "20261120T210000Z": fit for a file's name.
std::string stamp(base::WallTime time) {
    std::string out;
    for (const char c : base::format_rfc3339(time).substr(0, 19)) {
        if (c != '-' && c != ':') out += c;
    }
    return out + "Z";
}

}  // namespace

Clips::Clips(async::Executor executor, hub::StreamHub& hub, async::BlockingPool& disk,
             std::string directory, const base::Clock& clock, base::Log log)
    : executor_(std::move(executor)),
      hub_(hub),
      disk_(disk),
      directory_(std::move(directory)),
      clock_(clock),
      log_(log),
      tasks_(executor_, std::move(log)) {}

Result<std::string> Clips::record(const std::string& camera, std::chrono::seconds length) {
    const auto stream = hub_.find(camera);
    if (!stream) return fail(ErrorKind::NotFound, "camera \"{}\" has no stream", camera);
    if (tasks_.size() >= kMost)
        return fail(ErrorKind::ResourceExhausted, "{} clips are being recorded already", kMost);
    const std::string path = fmt::format("{}/{}-{}-{}.mp4", directory_, camera,
                                         stamp(clock_.wall_now()), base::random_hex(2));
    tasks_.spawn("record a clip",
                 [this, stream, path, length] { return write(stream, path, length); });
    return path;
}

async::Task<> Clips::stop() { co_await tasks_.stop(); }

async::Task<> Clips::write(std::shared_ptr<hub::Stream> stream, std::string path,
                           std::chrono::seconds length) {
    const std::string part = path + ".part";
    const auto filled = co_await fill(stream, part, length);
    // What came before an error is worth keeping.
    const int failed = co_await disk_.run(
        [part, path] { return std::rename(part.c_str(), path.c_str()) == 0 ? 0 : errno; });
    if (!filled)
        log_.warn("The clip {} is not whole: {}", path, filled.error().message());
    else if (failed != 0)
        log_.warn("{}", store::file_error(failed, "rename " + part).message());
}

async::Task<Result<>> Clips::append(std::string path, std::vector<std::uint8_t> bytes) {
    co_return co_await disk_.run(
        [path = std::move(path), directory = directory_, bytes = std::move(bytes)]() -> Result<> {
            if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
                return std::unexpected(store::file_error(errno, "make " + directory));
            return append_now(path, bytes);
        });
}

async::Task<Result<>> Clips::fill(std::shared_ptr<hub::Stream> stream, std::string part,
                                  std::chrono::seconds length) {
    hub::Reader reader = stream->subscribe(executor_, {.kind = "clip", .remote = {}});
    outputs::mse::Muxer muxer{outputs::mse::CodecList{}};  // everything that MP4 carries
    const auto not_before = clock_.wall_now() - kOldest;
    std::vector<std::uint8_t> batch;
    auto until = std::chrono::steady_clock::now() + kFirstPicture;
    bool has_begun = false;
    for (;;) {
        CASEMENT_CO_TRY(const bool is_there, co_await reader.wait_until(until));
        if (!is_there || std::chrono::steady_clock::now() >= until) break;
        auto item = reader.try_next();
        if (!item) continue;
        if (const auto* changed = std::get_if<hub::ParametersChanged>(&*item)) {
            if (has_begun) break;  // a file has one set of parameters
            CASEMENT_CO_TRY(const auto setup, muxer.set_tracks(*changed->tracks));
            batch.assign(setup.init.begin(), setup.init.end());
        } else if (std::holds_alternative<hub::Gap>(*item)) {
            muxer.lost();
        } else if (const auto& unit = std::get<media::AccessUnitPtr>(*item);
                   unit->wall >= not_before && !unit->slate) {
            std::vector<outputs::mse::Muxer::Piece> pieces;
            CASEMENT_CO_TRY(muxer.push(unit, pieces));
            for (const auto& piece : pieces) {
                if (!has_begun) until = std::chrono::steady_clock::now() + length;
                has_begun = true;
                batch.insert(batch.end(), piece.bytes.begin(), piece.bytes.end());
            }
        }
        if (batch.size() < kBatchBytes) continue;
        CASEMENT_CO_TRY(co_await append(part, std::exchange(batch, {})));
    }
    if (!has_begun) co_return fail(ErrorKind::DeadlineExceeded, "the camera sent no picture");
    co_return co_await append(part, std::move(batch));
}

}  // namespace casement::app
