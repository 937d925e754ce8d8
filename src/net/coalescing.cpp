#include "net/coalescing.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace casement::net {

namespace {

/// Less than this is not worth a system call to set it; more would fill the reader's buffer.
constexpr std::size_t kLeast = 2 << 10;
constexpr std::size_t kMost = 64 << 10;

}  // namespace

struct Coalescing::State : std::enable_shared_from_this<State> {
    State(Stream& s, std::function<bool()> f, std::chrono::milliseconds p)
        : stream(&s), may_wait(std::move(f)), period(p), timer(s.executor()) {}

    Stream* stream;  // null once the owner is gone
    std::function<bool()> may_wait;
    const std::chrono::milliseconds period;
    boost::asio::steady_timer timer;
    std::size_t counted = 0;    // bytes of this period
    std::size_t low_water = 1;  // as the socket has it

    void sleep() {
        timer.expires_after(period);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
            if (!ec && self->stream != nullptr && self->stream->is_open()) self->wake();
        });
    }
    void wake() {
        const std::size_t bytes = std::exchange(counted, 0) *
                                  static_cast<std::size_t>(kWindow.count()) /
                                  static_cast<std::size_t>(period.count());
        set(bytes >= kLeast && may_wait() ? std::min(bytes, kMost) : 1);
        sleep();
    }
    void set(std::size_t bytes) {
        // A rate that wobbles by a quarter is left alone.
        const std::size_t change = std::max(bytes, low_water) - std::min(bytes, low_water);
        if (change == 0 || (bytes > 1 && change < low_water / 4)) return;
        // Linux wakes a waiter for whom the lower mark is reached already.
        const int value = static_cast<int>(bytes);
        if (::setsockopt(stream->native_handle(), SOL_SOCKET, SO_RCVLOWAT, &value, sizeof(value)) ==
            0)
            low_water = bytes;
    }
};

Coalescing::Coalescing(Stream& stream, std::function<bool()> may_wait,
                       std::chrono::milliseconds period)
    : state_(std::make_shared<State>(stream, std::move(may_wait), period)) {
    state_->sleep();
}

Coalescing::~Coalescing() {
    if (state_->stream->is_open()) state_->set(1);
    state_->stream = nullptr;
    state_->timer.cancel();
}

void Coalescing::count(std::size_t bytes) { state_->counted += bytes; }

}  // namespace casement::net
