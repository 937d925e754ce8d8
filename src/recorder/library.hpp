#pragma once
// The read side: what is there, what is missing and why, and any stretch of it as one file. The
// only header of the recorder that faces read.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/mutex.hpp"
#include "formats/fmp4/slice.hpp"
#include "media/bytes.hpp"
#include "recorder/catalog.hpp"
#include "recorder/disk.hpp"
#include "recorder/index.hpp"
#include "store/store.hpp"

namespace casement::recorder {

using index::Day;

/// Footage without a break that a person would see.
struct Span {
    base::WallTime start, end;
    std::string run;  // of its begin
    std::uint64_t bytes = 0;
    bool operator==(const Span&) const = default;
};

/// Time without footage, and why.
struct Gap {
    base::WallTime start, end;
    std::string reason;  // of EndReason, or "deleted": it was there and retention took it
    std::string detail;  // reason code of the copy deck, where there is one
    bool operator==(const Gap&) const = default;
};

struct Timeline {
    std::vector<Span> spans;
    std::vector<Gap> gaps;
};

/// A stretch of recording as one MP4 file that exists only while it is read. Immutable; any number
/// of readers.
class Export {
public:
    std::uint64_t size() const { return slice_.file.size(); }
    base::WallTime from() const {
        return slice_.from;
    }  // the key frame at or before the wanted begin
    base::WallTime to() const { return slice_.to; }
    const media::Tracks& tracks() const { return slice_.tracks; }
    /// Strong: the same bytes have the same tag.
    const std::string& etag() const { return etag_; }
    /// "porch_2026-11-20_21-00-00Z.mp4".
    const std::string& file_name() const { return file_name_; }
    static constexpr std::string_view kContentType = "video/mp4";

    /// At most `count` bytes (and 1 MiB) from `offset`; empty at the end. DataLoss when retention
    /// took a file meanwhile.
    async::Task<base::Result<media::Bytes>> read(std::uint64_t offset, std::size_t count) const;

    Export(formats::fmp4::Slice slice, std::vector<std::unique_ptr<formats::ByteSource>> sources,
           std::string etag, std::string file_name, Disk& disk)
        : slice_(std::move(slice)),
          sources_(std::move(sources)),
          etag_(std::move(etag)),
          file_name_(std::move(file_name)),
          disk_(disk) {}

private:
    base::Result<media::Bytes> read_now(std::uint64_t offset, std::size_t count) const;

    const formats::fmp4::Slice slice_;
    const std::vector<std::unique_ptr<formats::ByteSource>> sources_;
    const std::string etag_, file_name_;
    Disk& disk_;
};
using ExportPtr = std::shared_ptr<const Export>;

struct ExportRequest {
    std::string camera;
    base::WallTime from, to;
    formats::fmp4::SliceForm form = formats::fmp4::SliceForm::Progressive;
    bool operator==(const ExportRequest&) const = default;
};

/// Thread-safe. Reads wait on the disk's and the database's threads, never on the caller's.
class Library {
public:
    Library(store::Store& store, Disk& disk, const Catalog& catalog, const base::Clock& clock)
        : store_(store), disk_(disk), catalog_(catalog), clock_(clock) {}

    /// Files that touch [from, to), oldest first, the growing one too. At most kMaxSegments:
    /// ResourceExhausted beyond.
    async::Task<base::Result<std::vector<Segment>>> segments(std::string camera,
                                                             base::WallTime from,
                                                             base::WallTime to) const;
    async::Task<base::Result<std::vector<Run>>> runs(std::string camera, base::WallTime from,
                                                     base::WallTime to) const;
    /// Spans and typed gaps of [from, to), oldest first; time after now is in neither.
    async::Task<base::Result<Timeline>> timeline(std::string camera, base::WallTime from,
                                                 base::WallTime to) const;
    /// Days with footage, oldest first.
    async::Task<base::Result<std::vector<Day>>> days(std::string camera) const;
    /// [from, to) as one file. NotFound (reason "no-footage") when nothing of it is there;
    /// InvalidArgument; what formats::fmp4::slice refuses. The last few are kept, so that the
    /// ranges of one download meet the same bytes also while the newest file grows.
    async::Task<base::Result<ExportPtr>> export_range(ExportRequest request);

    /// A month of minutes.
    static constexpr std::size_t kMaxSegments = 45'000;
    /// Joins to one span: the pause of a quick reconnect is no gap.
    static constexpr std::chrono::milliseconds kJoin{500};

private:
    base::Result<ExportPtr> make_export(const ExportRequest& request,
                                        const std::vector<Segment>& segments) const;

    struct Kept {
        ExportRequest request;
        ExportPtr file;
        base::SteadyTime until;
    };
    store::Store& store_;
    Disk& disk_;
    const Catalog& catalog_;
    const base::Clock& clock_;
    base::Mutex mutex_;
    std::list<Kept> kept_ CASEMENT_GUARDED_BY(mutex_);
};

/// The pure part of timeline(): segments and runs oldest first, both reaching into [from, to).
Timeline make_timeline(const std::vector<Segment>& segments, const std::vector<Run>& runs,
                       base::WallTime from, base::WallTime to);

}  // namespace casement::recorder
