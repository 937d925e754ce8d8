#include "formats/fmp4/slice.hpp"

#include <algorithm>

#include "formats/fmp4/slice_plan.hpp"

namespace casement::formats::fmp4 {

VirtualFile::VirtualFile(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
    starts_.reserve(pieces_.size());
    for (Piece& piece : pieces_) {
        if (piece.input == Piece::kMemory) piece.size = piece.memory.size();
        starts_.push_back(size_);
        size_ += piece.size;
    }
}

std::vector<Piece> VirtualFile::range(std::uint64_t offset, std::uint64_t count) const {
    std::vector<Piece> out;
    if (offset >= size_) return out;
    count = std::min(count, size_ - offset);
    auto i =
        static_cast<std::size_t>(std::ranges::upper_bound(starts_, offset) - starts_.begin()) - 1;
    for (; count > 0; ++i) {
        const Piece& piece = pieces_[i];
        const std::uint64_t skip = offset - starts_[i];
        const std::uint64_t taken = std::min(piece.size - skip, count);
        if (taken > 0) {
            Piece cut = piece;
            cut.size = taken;
            cut.offset += skip;
            if (piece.input == Piece::kMemory) {
                cut.memory = piece.memory.slice(static_cast<std::size_t>(skip),
                                                static_cast<std::size_t>(taken));
                cut.offset = 0;
            }
            out.push_back(std::move(cut));
        }
        offset += taken;
        count -= taken;
    }
    return out;
}

base::Result<Slice> slice(std::span<const SegmentInput> segments, const SliceRequest& request) {
    CASEMENT_TRY(const SlicePlan plan, plan_slice(segments, request));
    CASEMENT_TRY(VirtualFile file, request.form == SliceForm::Fragmented
                                       ? lay_out_fragmented(plan)
                                       : lay_out_progressive(plan));
    Slice out{.file = std::move(file), .from = plan.from, .to = plan.to, .tracks = {}};
    for (const TrackPlan& track : plan.tracks) out.tracks.push_back(track.track);
    return out;
}

}  // namespace casement::formats::fmp4
