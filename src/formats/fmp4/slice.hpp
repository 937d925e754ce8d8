#pragma once
// One MP4 file of a time range out of recorded segments, without copying media: new headers in
// memory, media as ranges of the files.

#include <cstdint>
#include <vector>

#include "formats/fmp4/reader.hpp"

namespace casement::formats::fmp4 {

/// In memory, or a range of one input.
struct Piece {
    media::Bytes memory;  // used when `input` is kMemory
    static constexpr std::size_t kMemory = static_cast<std::size_t>(-1);
    std::size_t input = kMemory;  // index of the segment
    std::uint64_t offset = 0;     // in that segment's file
    std::uint64_t size = 0;       // bytes, for both kinds
};

/// A file that exists as pieces. Immutable after construction.
class VirtualFile {
public:
    explicit VirtualFile(std::vector<Piece> pieces);
    std::uint64_t size() const { return size_; }
    /// The pieces that make up bytes [offset, offset + count), cut to fit; for HTTP ranges. Less at
    /// the end of the file.
    std::vector<Piece> range(std::uint64_t offset, std::uint64_t count) const;
    const std::vector<Piece>& pieces() const { return pieces_; }

private:
    std::vector<Piece> pieces_;
    std::vector<std::uint64_t> starts_;  // of each piece in the file
    std::uint64_t size_ = 0;
};

enum class SliceForm : std::uint8_t {
    Fragmented,   // init segment and re-timed fragments with sidx in front: MSE, streaming
    Progressive,  // one moov with whole sample tables, then mdat: what every player and editor
                  // opens and seeks
};

struct SegmentInput {
    const ByteSource* source = nullptr;
    /// Capture time of media time zero; the casement box's when absent.
    std::optional<base::WallTime> start;
};

struct SliceRequest {
    base::WallTime from, to;
    SliceForm form = SliceForm::Progressive;
    bool close_gaps =
        true;  // breaks between segments become no time; false keeps them as a long last picture
};

struct Slice {
    VirtualFile file;
    base::WallTime from,
        to;  // what it really covers: from the key frame at or before the wanted begin
    media::Tracks tracks;
};

/// Segments in order of time. Reads headers only. A change of parameters becomes a second sample
/// entry of its track. NotFound when nothing of the range is there; FailedPrecondition when codec,
/// clock or number of tracks change within the range (the message says when); ResourceExhausted
/// above kMaxSliceSamples.
base::Result<Slice> slice(std::span<const SegmentInput> segments, const SliceRequest& request);

/// A day of 25 pictures and 50 audio frames a second has 6.5 million; their table would take 300
/// MB. Four hours are enough for one file.
inline constexpr std::size_t kMaxSliceSamples = 1'500'000;

}  // namespace casement::formats::fmp4
