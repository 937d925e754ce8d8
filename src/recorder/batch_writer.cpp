#include "recorder/batch_writer.hpp"

#include "recorder/layout.hpp"

namespace casement::recorder {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

template <typename... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

/// Two segments of one camera in one millisecond: a wall clock that was set back. The later one
/// moves on until its name is free.
constexpr int kNameTries = 1000;

EndReason reason_of(const Error& error) {
    return error.reason() == "disk-full" ? EndReason::DiskFull : EndReason::DiskError;
}

}  // namespace

BatchResult BatchWriter::carry_out(std::vector<Op> ops) {
    BatchResult result;
    for (Op& op : ops) {
        const Result<> done =
            std::visit(Overloaded{
                           [&](BeginRun& begin) -> Result<> {
                               run_end_ = begin.run.start;
                               run_ = std::move(begin.run);
                               result.runs.push_back(*run_);
                               return {};
                           },
                           [&](OpenSegment& opened) -> Result<> {
                               open_[opened.file] = {nullptr, std::move(opened.segment),
                                                     std::move(opened.init)};
                               return {};
                           },
                           [&](Append& added) -> Result<> {
                               CASEMENT_TRY(append(added));
                               result.bytes += added.bytes;
                               return {};
                           },
                           [&](CloseSegment& closed) -> Result<> {
                               close(closed.file, closed.tail, result);
                               return {};
                           },
                           [&](EndRun& ended) -> Result<> {
                               if (!run_) return {};
                               run_->end = run_end_;
                               run_->reason = ended.reason;
                               run_->detail = std::move(ended.detail);
                               result.runs.push_back(*std::exchange(run_, std::nullopt));
                               return {};
                           },
                       },
                       op);
        if (done) continue;
        give_up(result, done.error());
        return result;
    }
    if (!open_.empty() && open_.rbegin()->second.file) result.open = open_.rbegin()->second.segment;
    return result;
}

Result<> BatchWriter::create(Writing& writing) {
    Segment& segment = writing.segment;
    auto file = std::make_shared<GrowingFile>();
    for (int i = 0;; ++i) {
        segment.file = segment_file(segment.start + std::chrono::milliseconds{i});
        file->path = disk_.root() + "/" + segment.camera + "/" + segment.file;
        auto made = disk_.files().create(file->path);
        if (made) {
            file->file = std::move(*made);
            break;
        }
        if (!made.error().is(ErrorKind::FailedPrecondition) || i == kNameTries)
            return std::unexpected(made.error());
    }
    file->directory = file->path.substr(0, file->path.rfind('/'));
    writing.file = std::move(file);
    return {};
}

Result<> BatchWriter::append(Append& op) {
    Writing& writing = open_.at(op.file);
    const bool is_first = writing.file == nullptr;
    if (is_first) {
        CASEMENT_TRY(create(writing));
        op.pieces.insert(op.pieces.begin(), writing.init);
        op.bytes += writing.init.size();
    }
    GrowingFile& file = *writing.file;
    if (file.sync_failed)
        return base::fail(ErrorKind::DataLoss, "sync {}: the disk reported an error before",
                          file.path);
    CASEMENT_TRY(file.file->append(op.pieces));
    file.good_bytes += op.bytes;
    writing.segment.bytes = file.good_bytes;
    writing.segment.end = op.end;
    run_end_ = std::max(run_end_, op.end);
    disk_.sync_soon(writing.file);
    return {};
}

void BatchWriter::close(std::uint64_t number, const media::Bytes& tail, BatchResult& result) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    Writing writing = std::move(found->second);
    open_.erase(found);
    if (!writing.file) return;
    GrowingFile& file = *writing.file;
    if (!tail.empty() && !file.sync_failed) {
        // The tail helps players to seek and nothing else: without room for it the file is whole
        // all the same.
        if (file.file->append({&tail, 1})) {
            file.good_bytes += tail.size();
            writing.segment.bytes = file.good_bytes;
            disk_.sync_soon(writing.file);
        } else {
            (void)file.file->truncate(file.good_bytes);
        }
    }
    result.closed.push_back(std::move(writing.segment));
}

/// The disk failed: what is whole stays, what is torn goes.
void BatchWriter::give_up(BatchResult& result, const Error& error) {
    for (auto& [number, writing] : open_) {
        if (!writing.file) continue;
        if (writing.file->good_bytes == 0) {
            writing.file->file.reset();
            (void)disk_.files().remove(writing.file->path);
            continue;
        }
        if (const auto cut = writing.file->file->truncate(writing.file->good_bytes); cut)
            disk_.sync_soon(writing.file);
        result.closed.push_back(writing.segment);
    }
    open_.clear();
    if (run_) {
        run_->end = run_end_;
        run_->reason = reason_of(error);
        run_->detail = error.reason();
        result.runs.push_back(*std::exchange(run_, std::nullopt));
    }
    result.error = error;
}

}  // namespace casement::recorder
