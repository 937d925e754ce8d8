#include "recorder/library.hpp"

#include <algorithm>

#include "recorder/layout.hpp"

namespace casement::recorder {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::WallTime;

constexpr std::size_t kMaxRead = 1u << 20;
constexpr std::size_t kKeptExports = 8;
constexpr std::chrono::minutes kKeptFor{5};

/// FNV-1a: the tag only has to differ when the bytes do.
std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    return hash;
}

void sort_and_unite(std::vector<Segment>& segments) {
    // A row may have reached the index while the catalog still had it: the same file twice, equal
    // or older.
    std::ranges::sort(segments, [](const Segment& a, const Segment& b) {
        return std::tie(a.start, a.file, a.bytes) < std::tie(b.start, b.file, b.bytes);
    });
    const auto [first, last] =
        std::ranges::unique(segments.rbegin(), segments.rend(), {}, &Segment::file);
    segments.erase(segments.begin(), first.base());
}

}  // namespace

async::Task<Result<std::vector<Segment>>> Library::segments(std::string camera, WallTime from,
                                                            WallTime to) const {
    const Catalog::View fresh = catalog_.view(
        camera);  // before the index: what moves meanwhile is seen twice rather than never
    CASEMENT_CO_TRY(auto out, co_await store_.run([=](store::Database& db) {
        return index::segments(db, camera, from, to);
    }));
    for (const Segment& segment : fresh.segments) {
        if (segment.start < to && segment.end > from) out.push_back(segment);
    }
    sort_and_unite(out);
    if (out.size() > kMaxSegments)
        co_return fail(ErrorKind::ResourceExhausted, "more than {} files: ask for a shorter time",
                       kMaxSegments);
    co_return out;
}

async::Task<Result<std::vector<Run>>> Library::runs(std::string camera, WallTime from,
                                                    WallTime to) const {
    const Catalog::View fresh = catalog_.view(camera);
    CASEMENT_CO_TRY(auto out, co_await store_.run([=](store::Database& db) {
        return index::runs(db, camera, from, to);
    }));
    for (const Run& run : fresh.runs) {
        if (run.start >= to) continue;
        const auto known = std::ranges::find(out, run.id, &Run::id);
        if (known == out.end())
            out.push_back(run);
        else
            *known = run;
    }
    if (fresh.now && fresh.now->start < to &&
        std::ranges::find(out, fresh.now->id, &Run::id) == out.end())
        out.push_back(*fresh.now);
    std::ranges::sort(out, {}, &Run::start);
    co_return out;
}

async::Task<Result<Timeline>> Library::timeline(std::string camera, WallTime from,
                                                WallTime to) const {
    to = std::min(to, clock_.wall_now());
    if (to <= from) co_return Timeline{};
    CASEMENT_CO_TRY(const auto have, co_await segments(camera, from, to));
    CASEMENT_CO_TRY(const auto ran, co_await runs(camera, from, to));
    co_return make_timeline(have, ran, from, to);
}

async::Task<Result<std::vector<Day>>> Library::days(std::string camera) const {
    const Catalog::View fresh = catalog_.view(camera);
    CASEMENT_CO_TRY(auto out, co_await store_.run(
                                  [=](store::Database& db) { return index::days(db, camera); }));
    for (const Segment& segment : fresh.segments) {
        const std::string date = segment.file.substr(0, 10);
        auto day = std::ranges::find(out, date, &Day::date);
        if (day == out.end())
            day = out.insert(std::ranges::upper_bound(out, date, {}, &Day::date), Day{date, 0, {}});
        day->bytes += segment.bytes;
        day->recorded += segment.end - segment.start;
    }
    co_return out;
}

async::Task<Result<ExportPtr>> Library::export_range(ExportRequest request) {
    if (request.to <= request.from)
        co_return fail(ErrorKind::InvalidArgument, "the time ends before it begins");
    const base::SteadyTime now = clock_.steady_now();
    {
        const base::MutexLock lock(mutex_);
        std::erase_if(kept_, [&](const Kept& kept) { return kept.until < now; });
        for (const Kept& kept : kept_) {
            if (kept.request == request) co_return kept.file;
        }
    }
    CASEMENT_CO_TRY(auto segments,
                    co_await this->segments(request.camera, request.from, request.to));
    if (segments.empty())
        co_return base::fail_because("no-footage", ErrorKind::NotFound,
                                     "nothing was recorded in that time");
    CASEMENT_CO_TRY(const ExportPtr file,
                    co_await disk_.reading().run([this, request, segments = std::move(segments)] {
                        return make_export(request, segments);
                    }));
    const base::MutexLock lock(mutex_);
    kept_.push_front({request, file, now + kKeptFor});
    if (kept_.size() > kKeptExports) kept_.pop_back();
    co_return file;
}

Result<ExportPtr> Library::make_export(const ExportRequest& request,
                                       const std::vector<Segment>& segments) const {
    std::vector<std::unique_ptr<formats::ByteSource>> sources;
    std::vector<formats::fmp4::SegmentInput> inputs;
    std::uint64_t tag = 0xcbf29ce484222325;
    for (const Segment& segment : segments) {
        auto source = disk_.files().open(disk_.root() + "/" + segment.camera + "/" + segment.file);
        if (!source && source.error().is(ErrorKind::NotFound)) continue;  // retention was quicker
        if (!source) return std::unexpected(source.error());
        tag = mixed(tag, fmt::format("{}/{}:{};", segment.camera, segment.file, segment.bytes));
        inputs.push_back({source->get(), segment.start});
        sources.push_back(std::move(*source));
    }
    if (inputs.empty())
        return base::fail_because("no-footage", ErrorKind::NotFound,
                                  "what was recorded in that time has been deleted");
    auto slice = formats::fmp4::slice(
        inputs, {.from = request.from, .to = request.to, .form = request.form, .close_gaps = true});
    if (!slice && slice.error().is(ErrorKind::NotFound))
        return std::unexpected(slice.error().with_reason("no-footage"));
    if (!slice) return std::unexpected(slice.error());
    tag = mixed(tag, fmt::format("{} {} {} {}", store::to_column(request.from),
                                 store::to_column(request.to), static_cast<int>(request.form),
                                 slice->file.size()));
    std::string name = segment_file(slice->from);
    name = fmt::format("{}_{}_{}Z.mp4", request.camera, name.substr(0, 10), name.substr(11, 8));
    return std::make_shared<const Export>(std::move(*slice), std::move(sources),
                                          fmt::format("\"{:016x}\"", tag), std::move(name), disk_);
}

async::Task<Result<media::Bytes>> Export::read(std::uint64_t offset, std::size_t count) const {
    co_return co_await disk_.reading().run(
        [this, offset, count] { return read_now(offset, count); });
}

Result<media::Bytes> Export::read_now(std::uint64_t offset, std::size_t count) const {
    count = static_cast<std::size_t>(
        std::min<std::uint64_t>({count, kMaxRead, offset < size() ? size() - offset : 0}));
    std::vector<std::uint8_t> out;
    out.reserve(count);
    for (const formats::fmp4::Piece& piece : slice_.file.range(offset, count)) {
        if (piece.input == formats::fmp4::Piece::kMemory) {
            out.insert(out.end(), piece.memory.begin(), piece.memory.end());
            continue;
        }
        const std::size_t at = out.size();
        out.resize(at + static_cast<std::size_t>(piece.size));
        CASEMENT_TRY(const std::size_t got,
                     sources_[piece.input]->read_at(piece.offset, std::span(out).subspan(at)));
        if (got != piece.size)
            return fail(ErrorKind::DataLoss, "a recorded file became shorter while it was read");
    }
    return media::Bytes::from(std::move(out));
}

}  // namespace casement::recorder
