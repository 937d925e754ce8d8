#include "outputs/fanout/datagram_shard.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace casement::outputs::fanout {

namespace {

// UDP_SEGMENT: at most 64 segments, and the whole below the largest datagram.
constexpr std::size_t kMaxRunDatagrams = 64;
constexpr std::size_t kMaxRunBytes = 65'000;
// A receive buffer that nobody enlarged holds 212,992 bytes with overhead; half of that per tick
// leaves room for what follows.
constexpr std::size_t kPaceBytes = 48'000;
constexpr std::chrono::milliseconds kPacePeriod{2};

}  // namespace

DatagramShard::DatagramShard(async::Executor executor, std::shared_ptr<WireStream> stream)
    : executor_(std::move(executor)), stream_(std::move(stream)), timer_(executor_) {}

void DatagramShard::add(DatagramViewer& viewer) {
    starting_.push_back(&viewer);
    if (!pacing_) pace();
}

void DatagramShard::remove(DatagramViewer& viewer) {
    std::erase(level_, &viewer);
    std::erase(starting_, &viewer);
}

void DatagramShard::append_runs(const WireUnit& unit, std::vector<Run>& runs) {
    const std::uint8_t* base = unit.block.data();
    std::size_t count = 0;
    bool open = false;
    for (const Datagram& d : unit.datagrams) {
        Run* last = runs.empty() ? nullptr : &runs.back();
        const bool joins = open && last && last->track == d.track && last->rtcp == d.rtcp &&
                           d.size <= last->segment && count < kMaxRunDatagrams &&
                           last->bytes.iov_len + d.size <= kMaxRunBytes;
        if (joins) {
            last->bytes.iov_len += d.size;
            ++count;
        } else {
            runs.push_back({{const_cast<std::uint8_t*>(base) + d.offset, d.size},
                            static_cast<std::uint16_t>(d.size),
                            d.track,
                            d.rtcp});
            count = 1;
        }
        open = d.size == runs.back().segment;  // a shorter one ends its run
    }
}

void DatagramShard::send(std::span<const Run> runs, std::span<DatagramViewer* const> viewers) {
    if (viewers.empty()) return;
    rtp_messages_.clear();
    rtcp_messages_.clear();
    for (DatagramViewer* viewer : viewers) {
        for (const Run& run : runs) {
            const auto& target = viewer->targets_[run.track];
            if (!target) continue;
            const std::uint16_t segment =
                run.bytes.iov_len > run.segment ? run.segment : std::uint16_t{0};
            auto& messages = run.rtcp ? rtcp_messages_ : rtp_messages_;
            messages.push_back(
                {run.rtcp ? &target->rtcp : &target->rtp, std::span(&run.bytes, 1), segment});
        }
    }
    // What a full socket buffer refuses is lost, as datagrams are; the next key frame repairs it.
    (void)viewers.front()->rtcp_.send_batch(rtcp_messages_);
    for (std::span<const net::UdpSocket::Message> rest = rtp_messages_; !rest.empty();) {
        const std::size_t sent = viewers.front()->rtp_.send_batch(rest);
        rest = rest.subspan(std::min(rest.size(), sent + 1));
        if (sent == 0) break;
    }
}

void DatagramShard::deliver(std::span<const WireUnitPtr> units) {
    for (const WireUnitPtr& unit : units) log_.append(unit);
    runs_.clear();
    for (const WireUnitPtr& unit : units) append_runs(*unit, runs_);
    send(runs_, level_);
    if (!starting_.empty() && !pacing_) pace();
}

bool DatagramShard::pace_one(DatagramViewer& viewer) {
    if (viewer.needs_key_ || viewer.next_ < log_.first()) {
        const auto key = log_.newest_key();
        if (!key) return false;
        viewer.next_ = *key;
        viewer.next_run_ = 0;
        viewer.needs_key_ = false;
    }
    std::vector<Run> runs;
    DatagramViewer* const one[] = {&viewer};
    for (std::size_t bytes = 0; viewer.next_ < log_.end() && bytes < kPaceBytes;) {
        runs.clear();
        append_runs(*log_.at(viewer.next_), runs);
        for (; viewer.next_run_ < runs.size() && bytes < kPaceBytes; ++viewer.next_run_) {
            send(std::span(&runs[viewer.next_run_], 1), one);
            bytes += runs[viewer.next_run_].bytes.iov_len;
        }
        if (viewer.next_run_ < runs.size()) return false;
        ++viewer.next_;
        viewer.next_run_ = 0;
    }
    return viewer.next_ == log_.end();
}

void DatagramShard::pace() {
    std::erase_if(starting_, [this](DatagramViewer* viewer) {
        const bool arrived = pace_one(*viewer);
        if (arrived) level_.push_back(viewer);
        return arrived;
    });
    pacing_ =
        std::ranges::any_of(starting_, [](const DatagramViewer* v) { return !v->needs_key_; });
    if (!pacing_) return;  // the next delivery goes on
    timer_.expires_after(kPacePeriod);
    timer_.async_wait([weak = weak_from_this()](async::error_code ec) {
        const auto self = weak.lock();
        if (!ec && self) self->pace();
    });
}

void DatagramShard::fail(const base::Error& error) {
    std::vector<DatagramViewer*> all = level_;
    all.insert(all.end(), starting_.begin(), starting_.end());
    for (DatagramViewer* viewer : all) {
        asio::post(executor_, [alive = viewer->alive_, error] {
            if (*alive && (*alive)->on_failed_) (*alive)->on_failed_(error);
        });
    }
}

DatagramViewer::DatagramViewer(std::shared_ptr<DatagramShard> shard, net::UdpSocket& rtp,
                               net::UdpSocket& rtcp, std::string remote,
                               std::function<void(base::Error)> on_failed)
    : shard_(std::move(shard)),
      rtp_(rtp),
      rtcp_(rtcp),
      on_failed_(std::move(on_failed)),
      ticket_(shard_->stream_->stream().register_viewer("rtsp-udp", std::move(remote))),
      alive_(std::make_shared<DatagramViewer*>(this)) {}

DatagramViewer::~DatagramViewer() {
    *alive_ = nullptr;
    shard_->remove(*this);
}

void DatagramViewer::set_target(std::size_t track, const DatagramTarget& target) {
    if (track < targets_.size()) targets_[track] = target;
}

void DatagramViewer::play() { shard_->add(*this); }

}  // namespace casement::outputs::fanout
