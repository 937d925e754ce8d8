#include "emulators/arlo/sound.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "base/random.hpp"
#include "net/udp.hpp"
#include "protocols/rtp/packet.hpp"

namespace casement::emulators::arlo {

namespace rtp = protocols::rtp;
using base::Result;

namespace {

constexpr std::size_t kMaxDatagram = 2048;
constexpr std::chrono::milliseconds kFrame{20};
constexpr std::uint32_t kFrameTicks = 960;  // of 48 kHz
// A 20 ms frame of CELT without sound (RFC 6716 §3.1: configuration 31, mono, one frame).
constexpr std::array<std::uint8_t, 3> kOpusSilence{0xF8, 0xFF, 0xFE};

}  // namespace

struct Sound::State : std::enable_shared_from_this<Sound::State> {
    explicit State(CorePtr c) : core(std::move(c)) {}

    const CorePtr core;
    std::shared_ptr<net::UdpSocket> talk, call;  // shared with who waits for them
    std::vector<std::uint8_t> heard;
    std::optional<std::uint16_t> last_sequence;
    std::set<std::int64_t> hearing, speaking;  // streams of the call
    std::unique_ptr<async::TaskGroup> tasks;

    Result<std::unique_ptr<net::UdpSocket>> bind(std::uint16_t& port) const {
        boost::system::error_code ec;
        const auto own = net::ip::make_address(core->address, ec);
        if (ec)
            return base::fail(base::ErrorKind::InvalidArgument, "{} is no address", core->address);
        CASEMENT_TRY(auto socket, net::UdpSocket::bind(core->executor, own, port));
        port = socket->port();
        return socket;
    }

    async::Task<> listen(bool is_call) {
        std::array<std::uint8_t, kMaxDatagram> datagram{};
        for (;;) {
            const std::shared_ptr<net::UdpSocket> socket = is_call ? call : talk;
            if (!socket) co_return;
            const auto got = co_await socket->receive(datagram);
            if (!got) co_return;
            const auto bytes = base::ByteSpan(datagram).first(got->size);
            core->touch();
            if (is_call) {
                take_call(bytes);
            } else {
                take_talk(bytes);
            }
        }
    }

    void take_talk(base::ByteSpan bytes) {
        Counters& counters = core->counters;
        const auto packet = rtp::Packet::parse(bytes);
        if (!packet || packet->payload_type != wire::kTalkPayloadType) {
            ++counters.talk_others;
            return;
        }
        if (counters.talk_packets == 0) core->tell("talk-begin");
        ++counters.talk_packets;
        counters.talk_bytes += packet->payload.size();
        if (last_sequence) {
            const auto step = static_cast<std::uint16_t>(packet->sequence - *last_sequence);
            // A packet that comes late steps back, which is no gap.
            if (step > 1 && step < 0x8000) counters.talk_missing += step - 1U;
        }
        last_sequence = packet->sequence;
        core->talked_at = core->now();
        heard.insert(heard.end(), packet->payload.begin(), packet->payload.end());
        if (heard.size() > kMaxKept)
            heard.erase(heard.begin(),
                        heard.begin() + static_cast<std::ptrdiff_t>(heard.size() - kMaxKept));
    }

    void take_call(base::ByteSpan bytes) {
        const auto packet = rtp::Packet::parse(bytes);
        if (packet && packet->payload_type == wire::kCallPayloadType && !hearing.empty())
            ++core->counters.call_packets;
    }

    async::Task<> speak(std::int64_t stream, std::uint16_t base_port) {
        boost::system::error_code ec;
        const auto base = net::ip::make_address(core->options.base.address, ec);
        std::uint16_t any = 0;
        auto socket = bind(any);
        if (ec || !socket) co_return;
        rtp::Packet header;
        header.payload_type = wire::kCallPayloadType;
        header.ssrc = base::random_u32();
        while (speaking.contains(stream)) {
            std::array<std::uint8_t, rtp::kHeaderBytes + kOpusSilence.size()> packet{};
            rtp::write_header(packet.data(), header);
            std::ranges::copy(kOpusSilence, packet.begin() + rtp::kHeaderBytes);
            if ((*socket)->try_send({base, base_port}, base::ByteSpan(packet)))
                ++core->counters.call_sent;
            ++header.sequence;
            header.timestamp += kFrameTicks;
            if (!co_await async::sleep_for(kFrame)) co_return;
        }
    }

    void close_call() {
        hearing.clear();
        speaking.clear();
        if (call) call->close();
        call.reset();
    }
};

Sound::Sound(CorePtr core) : state_(std::make_shared<State>(std::move(core))) {}
Sound::~Sound() { close(); }

Result<> Sound::open() {
    State& state = *state_;
    if (state.tasks) return {};
    if (state.core->profile().has_speaker) {
        CASEMENT_TRY(state.talk, state.bind(state.core->ports.talk));
    }
    state.tasks = std::make_unique<async::TaskGroup>(state.core->executor, state.core->log);
    if (state.talk)
        state.tasks->spawn("talk-back", [self = state_] { return self->listen(false); });
    return {};
}

void Sound::close() {
    state_->close_call();
    if (state_->talk) state_->talk->close();
    state_->tasks.reset();
    state_->talk.reset();
}

async::Task<> Sound::stop() {
    const auto state = state_;
    state->close_call();
    if (state->talk) state->talk->close();
    if (const auto ended = std::move(state->tasks)) co_await ended->stop();
    state->talk.reset();
}

const std::vector<std::uint8_t>& Sound::heard() const { return state_->heard; }

Result<> Sound::hear_call(std::int64_t stream) {
    if (!state_->tasks)
        return base::fail(base::ErrorKind::FailedPrecondition, "the device is not reachable");
    if (!state_->call) {
        CASEMENT_TRY(state_->call, state_->bind(state_->core->ports.call));
        state_->tasks->spawn("call", [self = state_] { return self->listen(true); });
    }
    state_->hearing.insert(stream);
    return {};
}

void Sound::speak_call(std::int64_t stream, std::uint16_t base_port) {
    if (!state_->tasks || !state_->speaking.insert(stream).second) return;
    state_->tasks->spawn(
        "call", [self = state_, stream, base_port] { return self->speak(stream, base_port); });
}

void Sound::end_streams(const std::vector<std::int64_t>& streams) {
    for (const std::int64_t stream : streams) {
        state_->hearing.erase(stream);
        state_->speaking.erase(stream);
    }
    if (!is_calling()) state_->close_call();
}

void Sound::end_call() { state_->close_call(); }

bool Sound::is_calling() const { return !state_->hearing.empty() || !state_->speaking.empty(); }

std::vector<std::uint8_t> to_wav(const std::vector<std::uint8_t>& pcmu) {
    constexpr std::uint32_t kRate = 8000;
    constexpr std::uint16_t kMulaw = 7;  // RFC 2361: WAVE_FORMAT_MULAW
    std::vector<std::uint8_t> out;
    const auto text = [&](std::string_view t) { out.insert(out.end(), t.begin(), t.end()); };
    const auto number = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    };
    const auto size = static_cast<std::uint32_t>(pcmu.size());
    text("RIFF");
    number(4 + 8 + 18 + 8 + size + size % 2, 4);
    text("WAVEfmt ");
    number(18, 4);
    number(kMulaw, 2);
    number(1, 2);  // channel
    number(kRate, 4);
    number(kRate, 4);  // bytes per second
    number(1, 2);      // bytes per sample
    number(8, 2);      // bits per sample
    number(0, 2);
    text("data");
    number(size, 4);
    out.insert(out.end(), pcmu.begin(), pcmu.end());
    if (size % 2 != 0) out.push_back(0);
    return out;
}

}  // namespace casement::emulators::arlo
