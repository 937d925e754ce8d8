#include "app/emulation.hpp"

#include <unistd.h>

#include <array>
#include <ostream>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "app/signals.hpp"
#include "base/text.hpp"

namespace casement::app {

namespace {

// Longer lines are no triggers.
constexpr std::size_t kMaxLine = 1024;

}  // namespace

int Emulation::run() {
    async::asio::co_spawn(threads_.first(), live(), [this](const std::exception_ptr& error) {
        threads_.stop();
        error_ = error;
    });
    threads_.run();
    forget();
    threads_.drop_waiting();
    if (error_) std::rethrow_exception(error_);
    return status_;
}

async::Task<> Emulation::live() {
    const Signals signals(threads_.first(), {.stop = [this] { stop_.ring(); }, .reload = [] {}});
    if (const auto begun = begin(); !begun) {
        err_ << "casement: " << begun.error().message() << "\n";
        status_ = cli::kFailed;
        co_return;
    }
    tasks_.spawn("standard input", [this] { return read_lines(); });
    (void)co_await stop_.wait();
    co_await tasks_.stop();
    co_await end();
}

void Emulation::take(std::string_view line) {
    if (const auto done = obey(line); !done)
        err_ << "casement: " << done.error().message() << std::endl;
}

async::Task<> Emulation::read_lines() {
    async::asio::posix::stream_descriptor input(threads_.first());
    async::error_code ec;
    // A copy, so that closing it leaves the process's own open. A file cannot be waited for.
    input.assign(::dup(STDIN_FILENO), ec);
    if (ec) co_return;
    std::string text;
    for (;;) {
        std::array<char, 256> bytes{};
        const auto [failed, got] =
            co_await input.async_read_some(async::asio::buffer(bytes), async::as_value);
        if (failed) co_return;
        text.append(bytes.data(), got);
        for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            take(base::trimmed(std::string_view(text).substr(0, end)));
            text.erase(0, end + 1);
        }
        if (text.size() > kMaxLine) text.clear();
    }
}

}  // namespace casement::app
