#include "app/emulate.hpp"

#include <unistd.h>

#include <array>
#include <ostream>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "app/io_threads.hpp"
#include "app/signals.hpp"
#include "app/suggest.hpp"
#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/text.hpp"
#include "emulators/arlo/device.hpp"
#include "emulators/arlo/script.hpp"

namespace casement::app {

namespace arlo = emulators::arlo;

namespace {

// Longer lines are no triggers.
constexpr std::size_t kMaxLine = 1024;

class Emulation {
public:
    Emulation(arlo::DeviceOptions options, std::ostream& out, std::ostream& err)
        : options_(std::move(options)),
          out_(out),
          err_(err),
          stop_(threads_.first()),
          tasks_(threads_.first(), {}) {}

    int run() {
        async::asio::co_spawn(threads_.first(), live(), [this](const std::exception_ptr& error) {
            threads_.stop();
            error_ = error;
        });
        threads_.run();
        device_.reset();
        threads_.drop_waiting();
        if (error_) std::rethrow_exception(error_);
        return status_;
    }

private:
    async::Task<> live() {
        const Signals signals(threads_.first(),
                              {.stop = [this] { stop_.ring(); }, .reload = [] {}});
        options_.tell = [this](std::string_view what, const arlo::wire::Fields& details) {
            tell(what, details);
        };
        auto device = arlo::Device::start(threads_.first(), pool_, clock_, options_, {});
        if (!device) {
            err_ << "casement: " << device.error().message() << "\n";
            status_ = cli::kFailed;
            co_return;
        }
        device_ = std::move(*device);
        const arlo::Ports& ports = device_->ports();
        tell("started", {{"profile", device_->profile().name},
                         {"camera_port", std::int64_t{ports.camera}},
                         {"doorbell_port", std::int64_t{ports.doorbell}},
                         {"rtsp_port", std::int64_t{ports.rtsp}},
                         {"rtsp_hevc_port", std::int64_t{ports.rtsp_hevc}},
                         {"talk_port", std::int64_t{ports.talk}}});
        tasks_.spawn("standard input", [this] { return read_triggers(); });
        (void)co_await stop_.wait();
        co_await tasks_.stop();
        co_await device_->stop();
    }

    async::Task<> read_triggers() {
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
            for (std::size_t end = text.find('\n'); end != std::string::npos;
                 end = text.find('\n')) {
                const auto done = arlo::obey(*device_, base::trimmed(text.substr(0, end)));
                if (!done) err_ << "casement: " << done.error().message() << std::endl;
                text.erase(0, end + 1);
            }
            if (text.size() > kMaxLine) text.clear();
        }
    }

    void tell(std::string_view what, const arlo::wire::Fields& details) {
        arlo::wire::Fields line{{"time", base::format_rfc3339(clock_.wall_now())},
                                {"device", options_.serial},
                                {"what", std::string(what)}};
        for (const auto& [name, value] : details) line.set(name, value);
        out_ << arlo::wire::to_json(line) << std::endl;  // whoever reads it waits for it
    }

    arlo::DeviceOptions options_;
    std::ostream& out_;
    std::ostream& err_;
    const base::SystemClock clock_;
    IoThreads threads_{1};
    async::BlockingPool pool_{"emulator", 1};
    async::Bell stop_;
    std::unique_ptr<arlo::Device> device_;
    std::exception_ptr error_;
    int status_ = cli::kOk;
    async::TaskGroup tasks_;
};

}  // namespace

int emulate_arlo(const cli::EmulateArlo& command, std::ostream& out, std::ostream& err) {
    const arlo::Profile* profile = arlo::find_profile(command.profile);
    if (profile == nullptr) {
        std::vector<std::string> names;
        for (const arlo::Profile& p : arlo::profiles()) names.push_back(p.name);
        err << "casement: there is no profile \"" << command.profile << "\""
            << did_you_mean(command.profile, names) << "\n";
        return cli::kUsage;
    }
    arlo::DeviceOptions options;
    options.profile = *profile;
    options.serial = command.serial;
    if (options.serial.empty()) {
        options.serial = "CSM-" + profile->model_number + "-1";
        std::erase(options.serial, '-');
    }
    options.address = command.address;
    options.base.address = command.base;
    options.times = options.times.scaled(command.pace);
    if (command.any_ports) options.ports = arlo::Ports::any();
    if (command.full_size) options.largest_height = 0;
    if (command.dozes) options.sleep = arlo::Sleep::Dozes;
    options.listens_while_busy = command.listens_while_busy;
    for (const std::string& fault : command.faults) {
        if (const auto set = arlo::set_fault(options.faults, fault); !set) {
            err << "casement: " << set.error().message() << "\n";
            return cli::kUsage;
        }
    }
    return Emulation(std::move(options), out, err).run();
}

}  // namespace casement::app
