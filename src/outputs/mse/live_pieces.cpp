#include "outputs/mse/live_pieces.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/byte_reader.hpp"
#include "formats/fmp4/retime.hpp"
#include "media/time.hpp"
#include "outputs/mse/muxer.hpp"

namespace casement::outputs::mse {

using async::Task;
using base::ErrorKind;
using fanout::WireSetupPtr;
using fanout::WireUnit;
using fanout::WireUnitPtr;

namespace {

/// Who joined and gets nothing for so long looks again at what the camera sends.
constexpr std::chrono::seconds kLookAgainAfter{10};
/// Tracks of one moment differ by rounding: a sound this much before the first picture belongs to
/// it.
constexpr std::int64_t kToleranceUs = 1000;

/// The muxer of one choice of codecs. What the camera sends may have been the choice's when the
/// viewers made it, may become it (its sound comes a moment after its first picture), and may cease
/// to be it: then they choose anew.
class PiecePacker final : public fanout::Packer {
public:
    PiecePacker(CodecList list, std::string choice, base::Log log)
        : choice_(std::move(choice)), log_(std::move(log)), list_(list), muxer_(std::move(list)) {}

    base::Result<> set_tracks(const media::Tracks& tracks) override {
        const auto choice = choose_codecs(tracks, list_);
        if (!choice || choice->name() != choice_) {
            if (!std::exchange(is_first_, false)) return fanout::codec_changed();
            setup_.reset();
            return {};
        }
        is_first_ = false;
        CASEMENT_TRY(auto setup, muxer_.set_tracks(tracks));
        setup_ = std::make_shared<const fanout::WireSetup>(std::move(setup));
        return {};
    }

    void pack(const media::AccessUnit& unit, WireUnit& into) override {
        if (!setup_) return;
        pieces_.clear();
        const media::AccessUnitPtr borrowed(media::AccessUnitPtr(),
                                            &unit);  // push() copies what it keeps
        if (const auto pushed = muxer_.push(borrowed, pieces_); !pushed) {
            log_.warn("a picture could not be packed: {}", pushed.error().message());
        }
        if (pieces_.empty()) return;
        Muxer::Piece& piece = pieces_.front();  // a unit completes one at most
        into.block = std::move(piece.bytes);
        into.setup = setup_;
        into.start_us = piece.start_us;
        into.duration_us = piece.duration_us;
        into.wall = piece.wall;
    }

    void lost() override { muxer_.lost(); }

private:
    const std::string choice_;
    const base::Log log_;
    const CodecList list_;
    Muxer muxer_;
    WireSetupPtr setup_;
    bool is_first_ = true;
    std::vector<Muxer::Piece> pieces_;  // scratch
};

}  // namespace

/// The newest pieces on one io thread, and who reads them there.
class PieceShard final : public fanout::Shard {
public:
    PieceShard(const async::Executor&, std::shared_ptr<fanout::WireStream> stream)
        : stream_(std::move(stream)) {}

    void deliver(std::span<const WireUnitPtr> units) override {
        for (const WireUnitPtr& unit : units) log.append(unit);
        ring();
    }
    void fail(const base::Error& error) override {
        over = error;
        ring();
    }

    fanout::UnitLog log;
    std::optional<base::Error> over;
    std::vector<PieceViewer*> viewers;

private:
    void ring() {
        for (PieceViewer* viewer : viewers) viewer->bell_.ring();
    }
    const std::shared_ptr<fanout::WireStream> stream_;  // kept as long as there are viewers
};

PieceViewer::PieceViewer(fanout::FanOut& fan_out, std::shared_ptr<hub::Stream> stream,
                         async::Executor executor, CodecList list, std::string kind,
                         std::string remote)
    : fan_out_(fan_out),
      stream_(std::move(stream)),
      executor_(std::move(executor)),
      list_(std::move(list)),
      kind_(std::move(kind)),
      ticket_(stream_->register_viewer(kind_, std::move(remote))),
      bell_(executor_) {
    look_around();
}

PieceViewer::~PieceViewer() { leave(); }

void PieceViewer::leave() {
    if (shard_) std::erase(shard_->viewers, this);
    shard_.reset();
}

void PieceViewer::look_around() {
    leave();
    scout_.emplace(stream_->subscribe(
        executor_, {.kind = kind_ + "-start", .remote = {}, .viewer = false, .demand = true}));
}

std::optional<PiecesRefused> PieceViewer::join(const media::Tracks& tracks) {
    const auto choice = choose_codecs(tracks, list_);
    if (!choice) {
        refused_ = tracks;
        return PiecesRefused{choice.error()};
    }
    const std::string name = choice->name();
    const fanout::WireFormat format{
        .name = "fmp4/" + name,
        .make_packer =
            [list = list_, name, log = stream_->log()] {
                return std::make_unique<PiecePacker>(list, name, log);
            },
        .ride = std::chrono::milliseconds(0)};  // the muxer has its own rule for sound
    shard_ = fan_out_.open(stream_, format, executor_)->attach<PieceShard>(executor_);
    shard_->viewers.push_back(this);
    scout_.reset();
    refused_.reset();
    joined_at_ = std::chrono::steady_clock::now();
    cursor_ = {};
    begins_ = true;
    return std::nullopt;
}

Task<base::Result<std::optional<PieceViewer::Item>>> PieceViewer::next(base::SteadyTime until) {
    using Answer = std::optional<Item>;
    for (;;) {
        if (scout_) {
            CASEMENT_CO_TRY(const bool came, co_await scout_->wait_until(until));
            if (!came) co_return Answer{};
            (void)scout_->try_next();
            // The newest, not those of the key frame that the scout stands at: the sound may have
            // come since.
            const media::Tracks tracks = stream_->status().tracks;
            if (refused_ == tracks) continue;
            if (auto refused = join(tracks)) co_return Answer(std::move(*refused));
        }
        if (auto item = take()) co_return Answer(std::move(*item));
        if (shard_->over) {
            const base::Error why = *shard_->over;
            if (why.is(ErrorKind::NotFound) || why.is(ErrorKind::Cancelled))
                co_return std::unexpected(why);
            look_around();
            if (why.is(ErrorKind::FailedPrecondition)) continue;
            refused_ = stream_->status().tracks;
            co_return Answer(PiecesRefused{why});
        }
        const auto look_again =
            cursor_.needs_key ? joined_at_ + kLookAgainAfter : base::SteadyTime::max();
        CASEMENT_CO_TRY(const bool rung, co_await bell_.wait_until(std::min(until, look_again)));
        if (rung) continue;
        if (std::chrono::steady_clock::now() >= until) co_return Answer{};
        look_around();
    }
}

std::optional<PieceViewer::Item> PieceViewer::take() {
    const fanout::UnitLog& log = shard_->log;
    if (const std::uint64_t lost = cursor_.fall_back(log); lost > 0) {
        stream_->count_viewer_gap(lost);
        begins_ = true;
        return PiecesLost{lost};
    }
    if (!cursor_.find(log)) return std::nullopt;
    const WireUnitPtr& unit = log.at(cursor_.next);
    if (unit->setup != setup_) {
        setup_ = unit->setup;
        return setup_;
    }
    ++cursor_.next;
    return place(unit);
}

LivePiece PieceViewer::place(const WireUnitPtr& unit) {
    if (std::exchange(begins_, false)) {
        origin_us_ = unit->start_us;
        begin_us_ = end_us_;
    }
    std::array<formats::fmp4::Retime, 2> retimes;
    for (std::size_t i = 0; i < retimes.size(); ++i) {
        const auto ticks = [rate = setup_->clock_rates[i]](std::int64_t us) {
            return media::us_to_ticks(std::chrono::microseconds(us), rate);
        };
        retimes[i] = {.back = ticks(origin_us_ - begin_us_),
                      .not_before = ticks(origin_us_ - kToleranceUs)};
    }
    const std::vector<std::uint8_t>& block = unit->block;
    const std::size_t moof_bytes = base::ByteReader(block).u32();  // a box begins with its size
    std::vector<std::uint8_t> head(block.begin(),
                                   block.begin() + static_cast<std::ptrdiff_t>(moof_bytes));
    formats::fmp4::retime(head, retimes);
    const std::int64_t start_us = begin_us_ + unit->start_us - origin_us_;
    end_us_ = std::max(end_us_, start_us + unit->duration_us);
    return {.head = media::Bytes::from(std::move(head)),
            .rest = media::Bytes(unit, media::ByteSpan(block).subspan(moof_bytes)),
            .key = unit->key,
            .start_us = start_us,
            .duration_us = unit->duration_us,
            .wall = unit->wall};
}

}  // namespace casement::outputs::mse
