#pragma once
// From NAL units, whole or in fragments, to access units: what the depacketizers of H.264 and H.265
// have in common.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/parameter_sets.hpp"
#include "protocols/rtp/depacketizer.hpp"
#include "protocols/rtp/unit_buffer.hpp"

namespace casement::protocols::rtp {

/// A unit ends at the marker bit or where the timestamp changes (RFC 6184 §5.1, RFC 7798 §4.1).
/// What cameras do besides:
/// - a marker on packets that hold only parameter sets or SEI: those wait for the picture of the
/// same timestamp;
/// - a marker on every slice: noticed by a slice that cannot begin a picture, from then on only the
/// timestamp counts.
class NalAssembler : public Depacketizer {
public:
    void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) final;
    void flush(std::vector<Unit>& out) final;

protected:
    /// What a NAL unit is to its access unit.
    struct Role {
        bool picture = false;        // VCL
        bool key = false;            // of a picture that needs no other
        bool begins_picture = true;  // false: a slice that is not the first of its picture
        bool dropped = false;        // not kept in the unit: parameter sets, delimiters, filler
        bool message = false;        // SEI
    };

    NalAssembler(media::Codec codec, media::CodecParametersPtr parameters);

    /// Takes a payload apart and calls add(), begin_fragment(), continue_fragment(). False when it
    /// breaks its format.
    virtual bool unpack(ByteSpan payload) = 0;
    /// `nal` holds at least the header and one byte more where it is a picture's.
    virtual Role role_of(ByteSpan nal) const = 0;
    /// Whether a finished unit without a key NAL unit is decodable by itself all the same (recovery
    /// point).
    virtual bool is_recovery_point(ByteSpan unit) const = 0;

    void add(ByteSpan nal);
    void begin_fragment(ByteSpan header, ByteSpan payload);
    void continue_fragment(ByteSpan payload, bool last);
    /// A length-prefixed list of whole NAL units (STAP-A, AP).
    bool add_aggregate(ByteSpan list);

private:
    static constexpr std::size_t kNoFragment = SIZE_MAX;

    void start(std::uint32_t timestamp, bool after_gap);
    void note(ByteSpan nal, const Role& role);
    void finish(std::vector<Unit>& out);
    void reset();
    void overflow();

    UnitBuffer unit_;
    media::ParameterSets sets_;
    media::CodecParametersPtr seen_;  // what sets_ said last

    // Of the unit being gathered.
    bool open_ = false;
    std::uint32_t timestamp_ = 0;
    std::size_t nals_ = 0;
    std::size_t fragment_at_ = kNoFragment;  // where the length of the fragmented NAL unit stands
    bool has_picture_ = false;
    bool key_ = false;
    bool has_message_ = false;
    bool damaged_ = false;
    bool start_in_doubt_ = false;  // packets before its first were lost

    // Across units.
    bool lost_ = false;  // something since the last unit handed out
    bool marker_is_reliable_ = true;
    bool finished_any_ = false;  // the unit before was handed out, at
    std::uint32_t last_finished_ = 0;
};

}  // namespace casement::protocols::rtp
