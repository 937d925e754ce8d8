#pragma once
// Byte stream format of H.264 and H.265 (Annex B of both) to and from access units with 4-byte
// lengths.

#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/parameter_sets.hpp"

namespace casement::formats {

/// The NAL units between start codes (3 or 4 bytes), trailing zero bytes removed. Bytes before the
/// first start code are not a unit. The spans point into `stream`.
std::vector<media::ByteSpan> split_annexb(media::ByteSpan stream);

/// Every NAL unit of `access_unit` behind a 4-byte start code, the parameter sets of `parameters`
/// first when it is given.
media::Bytes to_annexb(media::ByteSpan access_unit,
                       const media::CodecParameters* parameters = nullptr);

/// Samples whose NAL units stand behind 1, 2 or 4-byte lengths, as files and FLV of others have
/// them, to the 4-byte form. Shares `sample` when nothing is to be done. DataLoss when a length
/// points outside. `sets`, when given, takes the parameter sets found inside.
base::Result<media::Bytes> to_access_unit(const media::Bytes& sample, media::Codec codec,
                                          int nal_length_bytes,
                                          media::ParameterSets* sets = nullptr);

/// Cuts a byte stream, given in pieces of any size, into access units. One access unit is delayed:
/// its end shows when the next begins.
class AnnexBSplitter {
public:
    struct Unit {
        media::Bytes data;  // as AccessUnit::data
        bool key = false;
        media::CodecParametersPtr parameters;  // those in force; null while unknown
    };

    explicit AnnexBSplitter(media::Codec codec);

    /// ResourceExhausted when a NAL unit or an access unit passes NalJoiner::kMaxBytes; the
    /// splitter then goes on at the next start code.
    base::Result<> push(media::ByteSpan piece);
    /// The end of the stream: the last NAL unit and access unit are complete.
    base::Result<> finish();
    std::optional<Unit> next();

private:
    base::Result<> take_nal(media::ByteSpan nal);
    void close_unit();

    media::Codec codec_;
    media::ParameterSets sets_;
    media::NalJoiner joiner_;
    std::vector<std::uint8_t> pending_;  // from the last start code on
    std::size_t scanned_ = 0;  // bytes of pending_ already searched for the next start code
    bool synced_ = false;      // a start code has been seen
    std::vector<Unit> ready_;
    std::size_t next_ready_ = 0;
};

}  // namespace casement::formats
