#include "outputs/hls/playlist_log.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "protocols/hls/playlist.hpp"

namespace casement::outputs::hls {

void PlaylistLog::set_init(media::Bytes init) {
    const base::MutexLock lock(mutex_);
    close_segment();
    break_before_next_ = next_number_ > 0;
    inits_.emplace_back(++init_version_, std::move(init));
    // A camera that changes its parameters again and again without a picture in between must not
    // fill the memory.
    while (inits_.size() > kKept + 1) inits_.pop_front();
}

void PlaylistLog::add(const mse::LivePiece& piece) {
    const base::MutexLock lock(mutex_);
    const std::int64_t length = end_us_ - start_us_;
    const bool cut =
        !pieces_.empty() && ((piece.key && length >= kMinSegmentUs) || length >= kMaxSegmentUs ||
                             piece_bytes_ >= kMaxSegmentBytes);
    if (cut) close_segment();
    if (pieces_.empty()) {
        start_us_ = piece.start_us;
        end_us_ = piece.start_us;
        wall_ = piece.wall;
    }
    end_us_ = std::max(end_us_, piece.start_us + piece.duration_us);
    for (const media::Bytes& part : {piece.head, piece.rest}) {
        if (part.empty()) continue;
        piece_bytes_ += part.size();
        pieces_.push_back(part);
    }
}

void PlaylistLog::close_segment() {
    if (pieces_.empty()) return;
    auto block = std::make_shared_for_overwrite<std::uint8_t[]>(piece_bytes_);
    std::size_t at = 0;
    for (const media::Bytes& piece : pieces_) {
        std::memcpy(block.get() + at, piece.data(), piece.size());
        at += piece.size();
    }
    segments_.push_back({.number = next_number_++,
                         .init_version = init_version_,
                         .discontinuity = std::exchange(break_before_next_, false),
                         .duration_us = end_us_ - start_us_,
                         .wall = wall_,
                         .bytes = media::Bytes(std::move(block), piece_bytes_)});
    pieces_.clear();
    piece_bytes_ = 0;
    listed_from_ = next_number_ > kListed ? next_number_ - kListed : 0;
    while (segments_.size() > kKept) {
        discontinuities_gone_ += segments_.front().discontinuity ? 1 : 0;
        segments_.pop_front();
    }
    while (inits_.size() > 1 && inits_.front().first < segments_.front().init_version)
        inits_.pop_front();
}

std::optional<std::string> PlaylistLog::playlist(std::string_view suffix) const {
    const base::MutexLock lock(mutex_);
    if (segments_.empty()) return std::nullopt;
    const std::string more = suffix.empty() ? "" : fmt::format("&{}", suffix.substr(1));
    protocols::hls::MediaPlaylist out;
    out.discontinuity_sequence = discontinuities_gone_;
    for (const Segment& segment : segments_) {
        if (segment.number < listed_from_) {
            out.discontinuity_sequence += segment.discontinuity ? 1 : 0;
            continue;
        }
        if (out.segments.empty()) out.media_sequence = segment.number;
        out.segments.push_back(
            {.uri = fmt::format("segment/{}.m4s{}", segment.number, suffix),
             .duration = std::chrono::microseconds(segment.duration_us),
             .program_date_time = segment.wall,
             .discontinuity = segment.discontinuity,
             .map_uri = fmt::format("init.mp4?v={}{}", segment.init_version, more)});
    }
    return protocols::hls::write(out);
}

std::optional<media::Bytes> PlaylistLog::init(std::uint32_t version) const {
    const base::MutexLock lock(mutex_);
    for (const auto& [known, bytes] : inits_) {
        if (known == version || (version == 0 && known == init_version_)) return bytes;
    }
    return std::nullopt;
}

std::optional<media::Bytes> PlaylistLog::segment(std::uint64_t number) const {
    const base::MutexLock lock(mutex_);
    const auto found = std::ranges::find(segments_, number, &Segment::number);
    return found == segments_.end() ? std::nullopt : std::optional(found->bytes);
}

}  // namespace casement::outputs::hls
