#include "outputs/fanout/byte_shard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace casement::outputs::fanout {

using base::ErrorKind;

namespace {

// One handler walks this many viewers, then lets others have the thread: RTSP answers and ingest
// stay prompt, at no cost that could be measured.
constexpr std::size_t kViewersPerTurn = 64;
// sendmsg looks at no more (UIO_MAXIOV).
constexpr std::size_t kMaxParts = 1024;

iovec part(std::span<const std::uint8_t> bytes) {
    return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

ByteShard::ByteShard(async::Executor executor, std::shared_ptr<WireStream> stream)
    : executor_(std::move(executor)), stream_(std::move(stream)) {}

void ByteShard::add(ByteViewer& viewer) { viewers_.push_back(&viewer); }

void ByteShard::remove(ByteViewer& viewer) {
    const auto found = std::ranges::find(viewers_, &viewer);
    if (found == viewers_.end()) return;
    const auto index = static_cast<std::size_t>(found - viewers_.begin());
    // Order does not matter; a viewer swapped from the end into the walked part has been moved
    // before its turn, so walk once more.
    if (walking_ && index < walk_at_) walk_again_ = true;
    *found = viewers_.back();
    viewers_.pop_back();
}

void ByteShard::deliver(std::span<const WireUnitPtr> units) {
    for (const WireUnitPtr& unit : units) log_.append(unit);
    parts_begin_ = parts_end_ = 0;
    if (walking_) {
        walk_again_ = true;
        return;
    }
    walking_ = true;
    walk_at_ = 0;
    walk();
}

void ByteShard::walk() {
    const std::size_t until = std::min(viewers_.size(), walk_at_ + kViewersPerTurn);
    for (; walk_at_ < until; ++walk_at_) viewers_[walk_at_]->advance();
    if (walk_at_ >= viewers_.size()) {
        walk_at_ = 0;
        walking_ = std::exchange(walk_again_, false);
    }
    if (walking_) {
        asio::post(executor_, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->walk();
        });
    }
}

std::span<const iovec> ByteShard::parts_from(std::uint64_t sequence) {
    if (parts_begin_ != sequence || parts_end_ != log_.end()) {
        parts_.clear();
        const std::uint64_t end = std::min(log_.end(), sequence + kMaxParts);
        for (std::uint64_t s = sequence; s < end; ++s) parts_.push_back(part(log_.at(s)->block));
        parts_begin_ = sequence;
        parts_end_ = log_.end();
    }
    return parts_;
}

void ByteShard::fail(const base::Error& error) {
    for (ByteViewer* viewer : std::vector(viewers_)) viewer->failed(error);
}

/// Outlives the viewer for what was posted or waits.
struct ByteViewer::Alive {
    ByteViewer* viewer;
};

ByteViewer::ByteViewer(std::shared_ptr<ByteShard> shard,
                       std::shared_ptr<net::PlainStream> connection, ByteViewerOptions options,
                       std::function<void(base::Error)> on_failed)
    : shard_(std::move(shard)),
      connection_(std::move(connection)),
      options_(std::move(options)),
      on_failed_(std::move(on_failed)),
      ticket_(
          shard_->stream_->stream().register_viewer(options_.kind, connection_->remote_endpoint())),
      alive_(std::make_shared<Alive>(this)),
      last_progress_(std::chrono::steady_clock::now()) {
    shard_->add(*this);
}

ByteViewer::~ByteViewer() {
    alive_->viewer = nullptr;
    shard_->remove(*this);
}

void ByteViewer::play() {
    playing_ = true;
    last_progress_ = std::chrono::steady_clock::now();
    advance();
}

void ByteViewer::say(std::string_view bytes) {
    if (dead_) return;
    if (words_.size() + bytes.size() > options_.max_words_bytes) {
        return failed(
            {ErrorKind::ResourceExhausted, "the viewer asks but does not read the answers"});
    }
    words_ += bytes;
    advance();
}

std::vector<std::uint8_t> ByteViewer::stop() {
    playing_ = false;
    std::vector<std::uint8_t> owed;
    if (cut_)
        owed.assign(cut_->block.begin() + static_cast<std::ptrdiff_t>(cut_at_), cut_->block.end());
    owed.insert(owed.end(), words_.begin(), words_.end());
    cut_.reset();
    words_.clear();
    return owed;
}

void ByteViewer::advance() {
    if (dead_) return;
    if (blocked_) {
        // Somebody who takes nothing while others are served has gone or hangs.
        if (std::chrono::steady_clock::now() - last_progress_ > options_.patience) {
            failed({ErrorKind::DeadlineExceeded, "the viewer stopped reading"});
        }
        return;
    }
    if (send_rest_of_unit() && send_words()) (void)send_units();
}

bool ByteViewer::send_rest_of_unit() {
    while (cut_) {
        const iovec rest = part(std::span(cut_->block).subspan(cut_at_));
        const auto sent = push({&rest, 1});
        if (!sent || *sent == 0) return false;
        cut_at_ += *sent;
        if (cut_at_ == cut_->block.size()) cut_.reset();
    }
    return true;
}

bool ByteViewer::send_words() {
    while (!words_.empty()) {
        const iovec rest = part(base::as_bytes(words_));
        const auto sent = push({&rest, 1});
        if (!sent || *sent == 0) return false;
        words_.erase(0, *sent);
    }
    return true;
}

bool ByteViewer::find_start() {
    if (const std::uint64_t lost = cursor_.fall_back(shard_->log_); lost > 0) {
        units_lost_ += lost;
        shard_->stream_->stream().count_viewer_gap(lost);
    }
    return cursor_.find(shard_->log_);
}

bool ByteViewer::send_units() {
    while (playing_ && find_start()) {
        const auto sent = push(shard_->parts_from(cursor_.next));
        if (!sent || *sent == 0) return false;
        for (std::size_t left = *sent; left > 0;) {
            const WireUnitPtr& unit = shard_->log_.at(cursor_.next);
            ++cursor_.next;
            if (left < unit->block.size()) {
                cut_ = unit;
                cut_at_ = left;
                break;
            }
            left -= unit->block.size();
        }
        if (!send_rest_of_unit()) return false;
    }
    return true;
}

std::optional<std::size_t> ByteViewer::push(std::span<const iovec> parts) {
    const auto sent = connection_->try_write(parts);
    if (!sent) {
        failed(sent.error());
        return std::nullopt;
    }
    if (*sent == 0) {
        wait_for_room();
    } else {
        bytes_sent_ += *sent;
        // The clock is read only where it is needed: a viewer that never blocks needs no progress
        // time.
        if (blocked_ || cut_) last_progress_ = std::chrono::steady_clock::now();
    }
    return *sent;
}

void ByteViewer::wait_for_room() {
    blocked_ = true;
    last_progress_ = std::chrono::steady_clock::now();
    // The coroutine owns the connection, so the wait is safe whatever happens to the viewer.
    asio::co_spawn(
        shard_->executor_,
        [](std::shared_ptr<net::PlainStream> connection) -> async::Task<base::Result<>> {
            co_return co_await connection->wait_writable();
        }(connection_),
        [alive = alive_](const std::exception_ptr& error, const base::Result<>& room) {
            ByteViewer* viewer = alive->viewer;
            if (!viewer) return;
            viewer->blocked_ = false;
            if (error || !room) {
                viewer->failed(room ? base::Error(ErrorKind::Cancelled, "the connection was closed")
                                    : room.error());
            } else {
                viewer->advance();
            }
        });
}

void ByteViewer::failed(base::Error error) {
    if (std::exchange(dead_, true)) return;
    asio::post(shard_->executor_, [alive = alive_, error = std::move(error)] {
        if (alive->viewer && alive->viewer->on_failed_) alive->viewer->on_failed_(error);
    });
}

}  // namespace casement::outputs::fanout
