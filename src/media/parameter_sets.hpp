#pragma once
// Parameter sets that come in-band (RTP, Annex B, FLV, recovered files), gathered into
// CodecParameters.

#include <vector>

#include "media/h264.hpp"
#include "media/nal.hpp"
#include "media/track.hpp"

namespace casement::media {

/// Holds the newest set of each identifier. A new SPS after parameters were handed out begins a new
/// set-up: sets that are not sent again with it fall away as soon as one of their kind is. Not
/// thread-safe.
class ParameterSets {
public:
    /// `codec` is H264 or H265.
    explicit ParameterSets(Codec codec) : codec_(codec) {}
    /// Starts from what a session description or a decoder configuration record said.
    explicit ParameterSets(const CodecParameters& known);

    /// Takes a copy of `nal` when it is a parameter set of the codec; broken and oversized sets are
    /// ignored. Returns whether it was a parameter set (known, new or broken): the caller then
    /// leaves it out of the access unit.
    bool add(ByteSpan nal);

    /// The parameters as they stand, or null while sets are missing. The same pointer as long as
    /// nothing changed: compare pointers to see a change. Ask when an access unit is complete, so
    /// that a change is seen whole.
    CodecParametersPtr parameters();

private:
    struct Entry {
        std::uint32_t id;
        std::uint32_t generation;
        Bytes nal;
    };
    bool add_h264(ByteSpan nal);
    bool add_h265(ByteSpan nal);
    void put_sps(std::uint32_t id, ByteSpan nal);
    void put(std::vector<Entry>& entries, std::uint32_t id, ByteSpan nal);
    static std::vector<Bytes> newest(const std::vector<Entry>& entries);

    Codec codec_;
    std::vector<Entry> vps_, sps_, pps_;
    std::uint32_t generation_ = 0;
    bool dirty_ = false;
    CodecParametersPtr parameters_;
};

/// Builds AccessUnit::data: NAL units behind 4-byte lengths, without what `is_dropped` of the codec
/// names.
class NalJoiner {
public:
    explicit NalJoiner(Codec codec) : codec_(codec) {}

    /// Largest access unit taken: 16 MiB, four times the largest 4K key frame seen of cameras.
    static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

    /// Appends `nal` unless it is of a dropped type or empty. False when the unit would pass
    /// kMaxBytes; nothing is appended then.
    bool add(ByteSpan nal);
    bool empty() const { return bytes_.empty(); }
    bool has_picture() const { return has_picture_; }
    /// See h264::KeyFinder and h265::is_key.
    bool key() const { return h264_.key() || h265_key_; }
    std::size_t size() const { return bytes_.size(); }
    /// A copy of just the size of what has been joined; the joiner starts anew and keeps its own
    /// buffer.
    Bytes take();
    void clear();

private:
    Codec codec_;
    std::vector<std::uint8_t> bytes_;
    h264::KeyFinder h264_;
    bool h265_key_ = false;
    bool has_picture_ = false;
};

}  // namespace casement::media
