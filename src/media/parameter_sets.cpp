#include "media/parameter_sets.hpp"

#include <algorithm>

#include "media/h265.hpp"

namespace casement::media {

namespace {

/// The largest set seen of cameras has 300 bytes; scaling lists in full need under 2 KiB.
constexpr std::size_t kMaxSetBytes = 4096;

}  // namespace

ParameterSets::ParameterSets(const CodecParameters& known) : codec_(known.codec) {
    for (const auto* list : {&known.vps, &known.sps, &known.pps}) {
        for (const Bytes& nal : *list) (void)add(nal);
    }
}

bool ParameterSets::add(ByteSpan nal) {
    if (nal.empty()) return false;
    return codec_ == Codec::H265 ? add_h265(nal) : add_h264(nal);
}

bool ParameterSets::add_h264(ByteSpan nal) {
    const auto type = h264::type_of(nal);
    if (!h264::is_parameter_set(type)) return false;
    if (nal.size() > kMaxSetBytes) return true;
    if (type == h264::NalType::Sps) {
        if (const auto sps = h264::parse_sps(nal)) put_sps(sps->id, nal);
    } else if (const auto pps = h264::parse_pps(nal)) {
        put(pps_, pps->id, nal);
    }
    return true;
}

bool ParameterSets::add_h265(ByteSpan nal) {
    const auto type = h265::type_of(nal);
    if (!h265::is_parameter_set(type)) return false;
    if (nal.size() > kMaxSetBytes) return true;
    if (type == h265::NalType::Vps) {
        if (const auto id = h265::parse_vps_id(nal)) put(vps_, *id, nal);
    } else if (type == h265::NalType::Sps) {
        if (const auto sps = h265::parse_sps(nal)) put_sps(sps->id, nal);
    } else if (const auto pps = h265::parse_pps(nal)) {
        put(pps_, pps->id, nal);
    }
    return true;
}

void ParameterSets::put_sps(std::uint32_t id, ByteSpan nal) {
    const auto known = std::ranges::find(sps_, id, &Entry::id);
    const bool same = known != sps_.end() && std::ranges::equal(known->nal, nal);
    if (!same && parameters_) ++generation_;
    put(sps_, id, nal);
}

void ParameterSets::put(std::vector<Entry>& entries, std::uint32_t id, ByteSpan nal) {
    auto entry = std::ranges::find(entries, id, &Entry::id);
    if (entry == entries.end()) {
        entries.push_back({id, generation_, Bytes::copy_of(nal)});
        dirty_ = true;
        return;
    }
    if (!std::ranges::equal(entry->nal, nal)) {
        entry->nal = Bytes::copy_of(nal);
        dirty_ = true;
    }
    if (entry->generation != generation_) dirty_ = true;
    entry->generation = generation_;
}

std::vector<Bytes> ParameterSets::newest(const std::vector<Entry>& entries) {
    std::uint32_t generation = 0;
    for (const Entry& entry : entries) generation = std::max(generation, entry.generation);
    std::vector<Bytes> out;
    for (const Entry& entry : entries) {
        if (entry.generation == generation) out.push_back(entry.nal);
    }
    return out;
}

CodecParametersPtr ParameterSets::parameters() {
    if (!dirty_) return parameters_;
    dirty_ = false;
    auto made = codec_ == Codec::H265
                    ? h265::make_parameters(newest(vps_), newest(sps_), newest(pps_))
                    : h264::make_parameters(newest(sps_), newest(pps_));
    if (made && (!parameters_ || *made != *parameters_))
        parameters_ = std::make_shared<const CodecParameters>(std::move(*made));
    return parameters_;
}

bool NalJoiner::add(ByteSpan nal) {
    if (nal.empty()) return true;
    if (codec_ == Codec::H265) {
        const auto type = h265::type_of(nal);
        if (h265::is_dropped(type)) return true;
        if (h265::is_vcl(type)) {
            has_picture_ = true;
            h265_key_ |= h265::is_key(type);
        }
    } else {
        if (h264::is_dropped(h264::type_of(nal))) return true;
        h264_.see(nal);
        has_picture_ = h264_.has_picture();
    }
    if (bytes_.size() + kNalLengthBytes + nal.size() > kMaxBytes) return false;
    const auto size = static_cast<std::uint32_t>(nal.size());
    const std::uint8_t length[kNalLengthBytes] = {
        static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
        static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    bytes_.insert(bytes_.end(), std::begin(length), std::end(length));
    bytes_.insert(bytes_.end(), nal.begin(), nal.end());
    return true;
}

Bytes NalJoiner::take() {
    Bytes out = Bytes::copy_of(bytes_);
    clear();
    return out;
}

void NalJoiner::clear() {
    bytes_.clear();
    h264_ = {};
    h265_key_ = has_picture_ = false;
}

}  // namespace casement::media
