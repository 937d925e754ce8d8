#include "hub/gop_log.hpp"

#include <algorithm>
#include <utility>

namespace casement::hub {

namespace {

bool starts_gop(const LogEntry& entry) {
    if (!entry.unit->key) return false;
    // Beside video, audio never starts a GOP; alone, each audio unit is one.
    const media::Tracks& tracks = *entry.tracks;
    const bool has_video = std::ranges::any_of(
        tracks, [](const media::Track& t) { return t.kind() == media::Kind::Video; });
    const auto track = static_cast<std::size_t>(entry.unit->track);
    return !has_video || (track < tracks.size() && tracks[track].kind() == media::Kind::Video);
}

}  // namespace

void GopLog::append(LogEntry entry) {
    const auto now = entry.unit->received_at;
    if (starts_gop(entry)) keys_.push_back(end());
    bytes_ += entry.unit->data.size();
    entries_.push_back(std::move(entry));
    trim(now);
}

void GopLog::clear() {
    first_ = end();
    entries_.clear();
    keys_.clear();
    bytes_ = 0;
}

std::optional<std::uint64_t> GopLog::newest_key() const {
    if (keys_.empty()) return std::nullopt;
    return keys_.back();
}

std::optional<std::uint64_t> GopLog::key_from(std::uint64_t sequence) const {
    const auto found = std::ranges::lower_bound(keys_, sequence);
    return found == keys_.end() ? std::nullopt : std::optional(*found);
}

std::optional<std::uint64_t> GopLog::key_within(std::chrono::steady_clock::duration age,
                                                std::chrono::steady_clock::time_point now) const {
    for (const std::uint64_t key : keys_) {
        if (now - at(key).unit->received_at <= age) return key;
    }
    return newest_key();
}

void GopLog::drop_before(std::uint64_t sequence) {
    while (first_ < sequence) {
        bytes_ -= entries_.front().unit->data.size();
        entries_.pop_front();
        ++first_;
    }
    while (!keys_.empty() && keys_.front() < sequence) keys_.pop_front();
}

void GopLog::trim(std::chrono::steady_clock::time_point now) {
    while (keys_.size() >= 2 && now - at(keys_[1]).unit->received_at >= limits_.keep)
        drop_before(keys_[1]);
    while (bytes_ > limits_.max_bytes || entries_.size() > limits_.max_units) {
        if (keys_.size() >= 2) {
            drop_before(keys_[1]);
        } else {
            // One GOP is over the bounds. Readers at the live edge lose nothing; new ones wait for
            // the next key frame.
            keys_.clear();
            drop_before(first_ + std::max<std::uint64_t>(1, entries_.size() / 2));
        }
    }
}

}  // namespace casement::hub
