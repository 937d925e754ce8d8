#include "events/id.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace casement::events {

namespace {

constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford: no I, L, O, U
constexpr std::uint64_t kTimeMask = (1ull << 48) - 1;

/// 5 bits per character from the most significant end; 128 bits fill 26 characters with two zero
/// bits in front.
std::string encode(std::uint64_t milliseconds, const std::array<std::uint8_t, 10>& random) {
    std::string out(kIdLength, '0');
    for (std::size_t i = 0; i < 10; ++i) out[9 - i] = kAlphabet[milliseconds >> (5 * i) & 31];
    for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t bit = i * 5, byte = bit / 8;
        const unsigned window = static_cast<unsigned>(random[byte]) << 8 |
                                (byte + 1 < random.size() ? random[byte + 1] : 0u);
        out[10 + i] = kAlphabet[window >> (11 - bit % 8) & 31];
    }
    return out;
}

std::uint64_t time_of(std::string_view id) {
    std::uint64_t value = 0;
    for (const char c : id.substr(0, 10)) value = value << 5 | (kAlphabet.find(c) & 31);
    return value & kTimeMask;
}

}  // namespace

std::string IdMaker::next() {
    const auto now =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now())
                                       .time_since_epoch()
                                       .count()) &
        kTimeMask;
    const base::MutexLock lock(mutex_);
    if (now > milliseconds_) {
        milliseconds_ = now;
        base::fill_random(random_);
        random_[0] &= 0x7F;  // room to count upwards within a millisecond
    } else {
        for (auto it = random_.rbegin(); it != random_.rend() && ++*it == 0; ++it) {
        }
    }
    return encode(milliseconds_, random_);
}

void IdMaker::start_after(std::string_view id) {
    if (!is_id(id)) return;
    const base::MutexLock lock(mutex_);
    // The next millisecond is later than any id of this one.
    milliseconds_ = std::max(milliseconds_, time_of(id) + 1);
}

bool is_id(std::string_view text) {
    return text.size() == kIdLength && text[0] <= '7' && std::ranges::all_of(text, [](char c) {
               return kAlphabet.find(c) != std::string_view::npos;
           });
}

}  // namespace casement::events
