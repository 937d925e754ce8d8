#include "app/emulate.hpp"

#include <ostream>
#include <utility>

#include "app/emulation.hpp"
#include "app/suggest.hpp"
#include "emulators/arlo/device.hpp"
#include "emulators/arlo/script.hpp"

namespace casement::app {

namespace arlo = emulators::arlo;

namespace {

class ArloEmulation final : public Emulation {
public:
    ArloEmulation(arlo::DeviceOptions options, std::ostream& out, std::ostream& err)
        : Emulation(err), options_(std::move(options)), out_(out) {}

private:
    base::Result<> begin() override {
        options_.tell = [this](std::string_view what, const arlo::wire::Fields& details) {
            tell(what, details);
        };
        CASEMENT_TRY(device_, arlo::Device::start(executor(), pool(), clock(), options_, {}));
        const arlo::Ports& ports = device_->ports();
        tell("started", {{"profile", device_->profile().name},
                         {"camera_port", std::int64_t{ports.camera}},
                         {"doorbell_port", std::int64_t{ports.doorbell}},
                         {"rtsp_port", std::int64_t{ports.rtsp}},
                         {"rtsp_hevc_port", std::int64_t{ports.rtsp_hevc}},
                         {"talk_port", std::int64_t{ports.talk}}});
        return {};
    }
    base::Result<> obey(std::string_view line) override { return arlo::obey(*device_, line); }
    async::Task<> end() override { co_await device_->stop(); }
    void forget() override { device_.reset(); }

    void tell(std::string_view what, const arlo::wire::Fields& details) {
        arlo::wire::Fields line{{"time", base::format_rfc3339(clock().wall_now())},
                                {"device", options_.serial},
                                {"what", std::string(what)}};
        for (const auto& [name, value] : details) line.set(name, value);
        out_ << arlo::wire::to_json(line) << std::endl;  // whoever reads it waits for it
    }

    arlo::DeviceOptions options_;
    std::ostream& out_;
    std::unique_ptr<arlo::Device> device_;
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
    return ArloEmulation(std::move(options), out, err).run();
}

}  // namespace casement::app
