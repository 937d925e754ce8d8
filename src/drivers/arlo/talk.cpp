#include "drivers/arlo/talk.hpp"

#include <algorithm>

#include "async/deadline.hpp"
#include "base/random.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::uint8_t kSilence = 0xFF;  // ITU-T G.711: positive zero of mu-law
constexpr int kRate = 8000;

}  // namespace

TalkPackets::TalkPackets(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
    header_.payload_type = protocols::arlo::kTalkPayloadType;
    header_.marker = true;  // RFC 3551 §4.1: the first packet after silence
    header_.ssrc = ssrc;
    header_.sequence = sequence;
    header_.timestamp = timestamp;
}

void TalkPackets::put(base::ByteSpan pcmu) {
    waiting_.insert(waiting_.end(), pcmu.begin(), pcmu.end());
}

void TalkPackets::finish() {
    while (waiting_.size() % protocols::arlo::kTalkPacketBytes != 0) waiting_.push_back(kSilence);
}

base::SteadyTime TalkPackets::due(base::SteadyTime now) {
    if (!next_ || now - *next_ > kLatest) next_ = now;
    return *next_;
}

TalkPackets::Packet TalkPackets::take() {
    Packet out{};
    protocols::rtp::write_header(out.data(), header_);
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(protocols::arlo::kTalkPacketBytes);
    std::copy(waiting_.begin(), end, out.begin() + protocols::rtp::kHeaderBytes);
    waiting_.erase(waiting_.begin(), end);
    header_.marker = false;
    ++header_.sequence;
    header_.timestamp += protocols::arlo::kTalkPacketBytes;  // a sample is a byte
    if (next_) *next_ += kPacketTime;
    return out;
}

Talk::Talk(std::string address, std::uint16_t port, std::string bind_address,
           std::shared_ptr<void> token)
    : address_(std::move(address)),
      bind_address_(std::move(bind_address)),
      port_(port),
      token_(std::move(token)),
      packets_(base::random_u32(), static_cast<std::uint16_t>(base::random_u32()),
               base::random_u32()) {}

std::vector<media::CodecParametersPtr> Talk::accepted() const {
    media::CodecParameters pcmu;
    pcmu.codec = media::Codec::Pcmu;
    pcmu.sample_rate = kRate;
    pcmu.channels = 1;
    return {std::make_shared<const media::CodecParameters>(std::move(pcmu))};
}

async::Task<Result<>> Talk::open() {
    if (socket_) co_return Result<>{};
    boost::system::error_code ec;
    const auto device = net::ip::make_address(address_, ec);
    if (ec) co_return fail(ErrorKind::Unavailable, "{} is no address to talk to", address_);
    auto own = device.is_v6() ? net::ip::address(net::ip::address_v6::any())
                              : net::ip::address(net::ip::address_v4::any());
    if (!bind_address_.empty()) own = net::ip::make_address(bind_address_, ec);
    if (ec) co_return fail(ErrorKind::Unavailable, "{} is no address to talk from", bind_address_);
    device_ = {device, port_};
    const async::Executor here = co_await asio::this_coro::executor;
    CASEMENT_CO_TRY(socket_, net::UdpSocket::bind(here, own, 0));
    co_return Result<>{};
}

async::Task<Result<>> Talk::send_all() {
    CASEMENT_CO_TRY(co_await open());
    while (packets_.has_packet()) {
        const auto now = std::chrono::steady_clock::now();
        if (const auto wait = packets_.due(now) - now; wait.count() > 0) {
            CASEMENT_CO_TRY(co_await async::sleep_for(wait));
        }
        // A packet for which the kernel has no room is lost like one on the air: the next is due.
        CASEMENT_CO_TRY(socket_->try_send(device_, packets_.take()));
    }
    co_return Result<>{};
}

async::Task<Result<>> Talk::write(media::AccessUnitPtr unit, std::size_t format) {
    if (format != 0) co_return fail(ErrorKind::InvalidArgument, "the camera takes PCMU only");
    if (is_closed_) co_return fail(ErrorKind::FailedPrecondition, "the talk has ended");
    packets_.put(unit->data);
    co_return co_await send_all();
}

async::Task<Result<>> Talk::close() {
    if (std::exchange(is_closed_, true)) co_return Result<>{};
    // Whoever talks next is not heard over our last words.
    struct Over {
        Talk& talk;
        ~Over() {
            talk.socket_.reset();
            talk.token_.reset();
        }
    } const over{*this};
    packets_.finish();
    CASEMENT_CO_TRY(co_await send_all());
    const auto now = std::chrono::steady_clock::now();
    if (socket_) {
        CASEMENT_CO_TRY(co_await async::sleep_for(packets_.due(now) - now));
    }
    co_return Result<>{};
}

}  // namespace casement::drivers::arlo
