#pragma once
// Reading fragmented MP4 back: the init segment into tracks, moof boxes into sample tables. Every
// size and count in a file is a claim.

#include <cstdint>
#include <optional>
#include <vector>

#include "formats/fmp4/byte_source.hpp"
#include "formats/fmp4/writer.hpp"

namespace casement::formats::fmp4 {

/// Largest moov or moof read: 4 MiB holds ten thousand times what our own need, and a fragment of
/// 200,000 samples.
inline constexpr std::uint64_t kMaxHeaderBoxBytes = std::uint64_t{4} << 20;
inline constexpr std::size_t kMaxTracks = 16;
/// Samples in one fragment: a minute of G.711 in 8-sample packets has 60,000.
inline constexpr std::size_t kMaxFragmentSamples = 100'000;

struct Sample {
    std::uint64_t offset = 0;  // in the file
    std::uint32_t size = 0;
    std::uint32_t duration = 0;  // ticks, as are dts and pts
    std::int64_t dts = 0;
    std::int64_t pts = 0;
    bool key = false;
    std::uint16_t description = 1;  // sample entry, from 1
};

struct TrackSamples {
    int track = 0;  // Track::id
    std::vector<Sample> samples;
};

struct FragmentTable {
    std::uint64_t offset =
        0;  // of prft, styp, sidx or moof: what belongs to this fragment, whichever is first
    std::uint64_t size = 0;  // up to the end of its last mdat
    std::uint32_t sequence = 0;
    std::optional<base::WallTime>
        wall;  // of the first sample of the first track in it, when the file says
    std::vector<TrackSamples> tracks;
};

struct TrackSetup {
    media::Track track;        // parameters of the first sample entry
    int nal_length_bytes = 4;  // of its H.264 or H.265 samples; 4 in our own files
    std::vector<media::CodecParametersPtr> descriptions;  // every sample entry, the first too
    // trex defaults (§8.8.3)
    std::uint32_t default_duration = 0, default_size = 0, default_flags = 0,
                  default_description = 1;
    std::uint32_t track_id = 0;
};

/// Borrows the source, which must outlive it. Not thread-safe.
class Reader {
public:
    /// Reads boxes up to and with moov (and the casement box after it). DataLoss when there is none
    /// or it is broken, Unsupported when no track has a codec we carry. Tracks of other codecs are
    /// left out.
    static base::Result<Reader> open(const ByteSource& source);

    const std::vector<TrackSetup>& setups() const { return setups_; }
    media::Tracks tracks() const;
    const std::optional<SegmentIdentity>& identity() const { return identity_; }
    /// Bytes up to the end of moov and the casement box: where fragments begin.
    std::uint64_t init_bytes() const { return init_bytes_; }

    /// The next fragment whose bytes are all there; nullopt at a clean end (also in front of mfra).
    /// DataLoss at a torn or broken box: everything before `position()` is good.
    base::Result<std::optional<FragmentTable>> next();
    std::uint64_t position() const { return position_; }
    /// Goes on reading at a fragment's offset. Decode times come from tfdt; where a file has none
    /// they count on from `next()` before.
    void seek(std::uint64_t offset) { position_ = offset; }

private:
    explicit Reader(const ByteSource& source) : source_(&source) {}
    base::Result<> read_init();
    base::Result<> read_identity();
    base::Result<> read_fragment(media::ByteSpan moof, std::uint64_t moof_offset,
                                 std::uint64_t moof_end, FragmentTable& out);

    const ByteSource* source_;
    std::vector<TrackSetup> setups_;
    std::vector<std::uint64_t> next_decode_time_;  // per setup, for files without tfdt
    std::optional<SegmentIdentity> identity_;
    std::uint64_t init_bytes_ = 0;
    std::uint64_t position_ = 0;
};

/// Reads one sample's bytes. DataLoss when the file ends first; ResourceExhausted above 64 MiB.
base::Result<media::Bytes> read_sample(const ByteSource& source, const Sample& sample);

/// What a look at a whole file says. Recovery truncates the file to `good_bytes`.
struct CheckReport {
    std::uint64_t good_bytes = 0;  // up to the end of the last whole fragment (and mfra)
    std::uint64_t file_bytes = 0;
    std::uint32_t fragments = 0;
    std::uint64_t samples = 0;
    std::chrono::microseconds duration{};  // of the first video track, else of the first track
    std::optional<base::WallTime> start;   // of media time zero, from the casement box
    std::optional<base::WallTime>
        end;              // end of the last sample, from the last prft or the casement box
    std::string trouble;  // why reading ended early; empty when the whole file is good
    bool torn() const { return good_bytes < file_bytes; }
};

/// Errors as Reader::open: without an init segment nothing can be saved.
base::Result<CheckReport> check(const ByteSource& source);

}  // namespace casement::formats::fmp4
