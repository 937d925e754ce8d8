#include "camera/back_channel.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "async/hop.hpp"

namespace casement::camera {

using base::MutexLock;

void BackChannel::open(async::Executor there, Send send) {
    const MutexLock lock(mutex_);
    way_ = Way{std::move(there), std::move(send)};
}

void BackChannel::shut() {
    const MutexLock lock(mutex_);
    way_.reset();
}

bool BackChannel::is_open() const {
    const MutexLock lock(mutex_);
    return way_.has_value();
}

async::Task<base::Result<>> BackChannel::send(std::vector<std::uint8_t> sound) {
    std::optional<Way> way;
    {
        const MutexLock lock(mutex_);
        way = way_;
    }
    bool is_sent = false;
    if (way) {
        is_sent = co_await async::hop(
            way->there, [](Send to, std::vector<std::uint8_t> bytes) -> async::Task<bool> {
                co_return to(std::move(bytes));
            }(way->send, std::move(sound)));
    }
    if (is_sent) co_return base::Result<>{};
    co_return base::fail(base::ErrorKind::Unavailable,
                         "nobody talks to a camera whose stream is not open");
}

void BackChannel::post(std::vector<std::uint8_t> sound) {
    const MutexLock lock(mutex_);
    if (!way_) return;
    asio::post(way_->there,
               [send = way_->send, sound = std::move(sound)]() mutable { send(std::move(sound)); });
}

}  // namespace casement::camera
