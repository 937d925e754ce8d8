#include "protocols/rtp/nal_assembler.hpp"

#include "media/nal.hpp"

namespace casement::protocols::rtp {

namespace {

void write_length(std::uint8_t* out, std::size_t length) {
    for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
}

}  // namespace

NalAssembler::NalAssembler(media::Codec codec, media::CodecParametersPtr parameters)
    : Depacketizer(parameters),
      unit_(kMaxUnitBytes),
      sets_(parameters ? media::ParameterSets(*parameters) : media::ParameterSets(codec)) {}

void NalAssembler::push(const Packet& packet, bool lost_before, std::vector<Unit>& out) {
    if (lost_before) {
        lost_ = true;
        // Of this unit, or its own end with the marker: either way it is not whole.
        if (open_) damaged_ = true;
    }
    if (open_ && packet.timestamp != timestamp_) finish(out);
    if (!open_) start(packet.timestamp, lost_before);

    if (packet.payload.empty()) return;  // some senders keep a path open with these
    if (!unpack(packet.payload)) {
        ++counters_.malformed;
        damaged_ = true;
    }
    if (packet.marker && (has_picture_ || damaged_) && marker_is_reliable_) finish(out);
}

void NalAssembler::flush(std::vector<Unit>& out) {
    // Without marker the last unit may lack its end, but nobody will send it any more.
    if (open_) finish(out);
}

void NalAssembler::start(std::uint32_t timestamp, bool after_gap) {
    reset();
    open_ = true;
    timestamp_ = timestamp;
    start_in_doubt_ = after_gap;
}

void NalAssembler::reset() {
    unit_.clear();
    open_ = has_picture_ = key_ = has_message_ = damaged_ = start_in_doubt_ = false;
    nals_ = 0;
    fragment_at_ = kNoFragment;
}

void NalAssembler::overflow() {
    if (!damaged_) ++counters_.oversized;
    damaged_ = true;
    fragment_at_ = kNoFragment;
}

void NalAssembler::note(ByteSpan nal, const Role& role) {
    if (role.picture) {
        if (!has_picture_ && !role.begins_picture) {
            const bool continues_last = finished_any_ && timestamp_ == last_finished_;
            if (continues_last && !start_in_doubt_) marker_is_reliable_ = false;
            if (continues_last || start_in_doubt_) damaged_ = true;
        }
        has_picture_ = true;
        key_ = key_ || role.key;
    }
    if (role.message) has_message_ = true;
    if (role.dropped) (void)sets_.add(nal);
}

void NalAssembler::add(ByteSpan nal) {
    if (nal.empty()) return;
    if (fragment_at_ != kNoFragment) {  // the fragments before never ended
        unit_.truncate(fragment_at_);
        fragment_at_ = kNoFragment;
        damaged_ = true;
    }
    const Role role = role_of(nal);
    note(nal, role);
    if (role.dropped || damaged_) return;
    std::uint8_t* length =
        ++nals_ > kMaxNalsPerUnit ? nullptr : unit_.extend(media::kNalLengthBytes);
    if (!length) return overflow();
    write_length(length, nal.size());
    if (!unit_.append(nal)) overflow();
}

bool NalAssembler::add_aggregate(ByteSpan list) {
    while (list.size() > 2) {
        const std::size_t size = static_cast<std::size_t>(list[0]) << 8 | list[1];
        if (size > list.size() - 2) return false;
        add(list.subspan(2, size));
        list = list.subspan(2 + size);
    }
    return true;
}

void NalAssembler::begin_fragment(ByteSpan header, ByteSpan payload) {
    if (damaged_) return;
    if (fragment_at_ != kNoFragment) {
        unit_.truncate(fragment_at_);
        damaged_ = true;
        fragment_at_ = kNoFragment;
        return;
    }
    fragment_at_ = unit_.size();
    std::uint8_t* length =
        ++nals_ > kMaxNalsPerUnit ? nullptr : unit_.extend(media::kNalLengthBytes);
    if (!length || !unit_.append(header) || !unit_.append(payload)) overflow();
}

void NalAssembler::continue_fragment(ByteSpan payload, bool last) {
    if (damaged_) return;
    if (fragment_at_ == kNoFragment) {  // its beginning was lost
        damaged_ = true;
        return;
    }
    if (!unit_.append(payload)) return overflow();
    if (!last) return;
    const std::size_t begin = fragment_at_ + media::kNalLengthBytes;
    const ByteSpan nal = unit_.view().subspan(begin);
    const Role role = role_of(nal);
    note(nal, role);
    if (role.dropped)
        unit_.truncate(fragment_at_);
    else
        write_length(unit_.data() + fragment_at_, nal.size());
    fragment_at_ = kNoFragment;
}

void NalAssembler::finish(std::vector<Unit>& out) {
    if (fragment_at_ != kNoFragment) damaged_ = true;
    finished_any_ = !damaged_ && has_picture_;
    last_finished_ = timestamp_;
    if (damaged_) {
        ++counters_.damaged;
        lost_ = true;
    } else if (has_picture_) {
        Unit unit;
        unit.rtp_timestamp = timestamp_;
        unit.key = key_ || (has_message_ && is_recovery_point(unit_.view()));
        unit.after_loss = lost_;
        unit.data = media::Bytes::copy_of(unit_.view());
        if (auto now = sets_.parameters(); now && now != seen_) {
            seen_ = now;
            if (!parameters_ || *parameters_ != *now)
                unit.parameters = parameters_ = std::move(now);
        }
        lost_ = false;
        ++counters_.units;
        out.push_back(std::move(unit));
    }
    reset();
}

}  // namespace casement::protocols::rtp
