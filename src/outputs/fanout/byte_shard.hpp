#pragma once
// Viewers that read one stream of bytes over TCP: RTSP interleaved, RTMP, HTTP-FLV.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "net/stream.hpp"
#include "outputs/fanout/shard.hpp"
#include "outputs/fanout/wire_stream.hpp"

namespace casement::outputs::fanout {

class ByteViewer;

/// Walks its viewers with one direct send each per delivery: a healthy viewer costs one system call
/// per unit and nothing else. Who would block becomes a cursor that waits for room and catches up
/// in the log.
class ByteShard final : public Shard, public std::enable_shared_from_this<ByteShard> {
public:
    /// `stream` is kept alive as long as there are viewers.
    ByteShard(async::Executor executor, std::shared_ptr<WireStream> stream);

    void deliver(std::span<const WireUnitPtr> units) override;
    void fail(const base::Error& error) override;

    std::size_t viewers() const { return viewers_.size(); }

private:
    friend class ByteViewer;
    void add(ByteViewer& viewer);
    void remove(ByteViewer& viewer);
    void walk();
    /// The parts from `sequence` to the end of the log; the same for every level viewer, so built
    /// once per delivery.
    std::span<const iovec> parts_from(std::uint64_t sequence);

    const async::Executor executor_;
    const std::shared_ptr<WireStream> stream_;
    UnitLog log_;
    std::vector<ByteViewer*> viewers_;
    std::size_t walk_at_ = 0;
    bool walking_ = false;
    bool walk_again_ = false;
    std::vector<iovec> parts_;
    std::uint64_t parts_begin_ = 0, parts_end_ = 0;
};

struct ByteViewerOptions {
    std::string kind;  // "rtsp", "rtmp": for status lists
    /// A viewer that takes nothing for so long is closed.
    std::chrono::milliseconds patience{10'000};
    /// Words (answers, pings) that may wait behind a unit that is being sent.
    std::size_t max_words_bytes = 64u << 10;
};

/// One viewer. Owned by its session, on the shard's thread; its destructor leaves. `connection`
/// must be plain.
class ByteViewer {
public:
    /// `on_failed` is posted, at most once, when the connection failed or the stream is over; not
    /// after destruction.
    ByteViewer(std::shared_ptr<ByteShard> shard, std::shared_ptr<net::PlainStream> connection,
               ByteViewerOptions options, std::function<void(base::Error)> on_failed);
    ~ByteViewer();
    ByteViewer(const ByteViewer&) = delete;
    ByteViewer& operator=(const ByteViewer&) = delete;

    /// From now on media flows, beginning at the newest key unit. Before, only words do.
    void play();
    /// Sends at a border between units: at once for a healthy viewer.
    void say(std::string_view bytes);
    /// Ends the media. Answers what is still owed on the connection, so that the next words stand
    /// at a border: the rest of a unit that has been cut, and words behind it.
    std::vector<std::uint8_t> stop();

    std::uint64_t bytes_sent() const { return bytes_sent_; }
    std::uint64_t units_lost() const { return units_lost_; }

private:
    friend class ByteShard;
    struct Alive;

    /// Sends what is due; called for level viewers by the walk and for cursors when there is room.
    void advance();
    bool send_rest_of_unit();
    bool send_words();
    bool send_units();
    bool find_start();
    void wait_for_room();
    void failed(base::Error error);
    /// Bytes taken by the kernel, 0 = would block, nothing = failed.
    std::optional<std::size_t> push(std::span<const iovec> parts);

    const std::shared_ptr<ByteShard> shard_;
    const std::shared_ptr<net::PlainStream> connection_;
    const ByteViewerOptions options_;
    std::function<void(base::Error)> on_failed_;
    std::shared_ptr<void> ticket_;
    std::shared_ptr<Alive> alive_;

    bool playing_ = false;
    bool blocked_ = false;
    bool dead_ = false;
    UnitCursor cursor_;
    WireUnitPtr cut_;         // partly sent
    std::size_t cut_at_ = 0;  // bytes of it that have gone
    std::string words_;
    base::SteadyTime last_progress_{};
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t units_lost_ = 0;
};

}  // namespace casement::outputs::fanout
