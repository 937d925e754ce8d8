#include <filesystem>
#include <ostream>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/emulate.hpp"
#include "app/emulation.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "emulators/nanit/script.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace nanit = emulators::nanit;
using nlohmann::json;

namespace {

constexpr const char* kAccount = "emulated";

/// What the first cameras show: 1280 by 960, ten a second.
ffmpeg::TestPictureOptions picture(bool full_size) {
    ffmpeg::TestPictureOptions out;
    out.width = full_size ? 1920 : 1280;
    out.height = full_size ? 1080 : 960;
    out.fps = full_size ? 15 : 10;
    out.bit_rate = 1'500'000;
    return out;
}

/// A string of JSON is one of YAML.
std::string quoted(const std::string& text) { return json(text).dump(); }

/// For the configuration of a hub.
std::string hub_yaml(const nanit::Household& household, const std::string& ca_file) {
    std::string out = fmt::format("accounts:\n  - vendor: nanit\n    name: {}\n", kAccount);
    if (!ca_file.empty()) out += fmt::format("    ca_file: {}\n", quoted(ca_file));
    out += fmt::format("    endpoints:\n      api: {}\n      relay: {}\n      media: {}\n",
                       quoted(household.api_url()), quoted(household.relay_url()),
                       quoted(household.media_url()));
    out += "    cameras:\n";
    std::string cameras = "cameras:\n";
    for (const nanit::Household::Member& member : household.members()) {
        out += fmt::format("      {}: {{address: {}}}\n", member.camera_uid,
                           quoted(member.door_address()));
        cameras += fmt::format("  {}:\n    nanit: {{account: {}, baby: {}}}\n",
                               base::lower_case(member.name), kAccount, quoted(member.baby_uid));
    }
    return out + cameras;
}

class NanitEmulation final : public Emulation {
public:
    NanitEmulation(const cli::EmulateNanit& command, nanit::HouseholdOptions options, bool as_json,
                   std::ostream& out, std::ostream& err)
        : Emulation(err),
          command_(command),
          options_(std::move(options)),
          as_json_(as_json),
          out_(out) {}

private:
    base::Result<> begin() override {
        options_.tell = [this](std::string_view what, const json& details) { tell(what, details); };
        CASEMENT_TRY(household_,
                     nanit::Household::start(executor(), pool(), clock(), options_, {}));
        std::string ca_file;
        if (options_.tls) {
            ca_file = std::filesystem::absolute(command_.ca_file).string();
            CASEMENT_TRY(store::replace_file(ca_file, household_->ca_pem()));
        }
        introduce(ca_file);
        for (const std::string& line : command_.lines) take(line);
        return {};
    }

    void introduce(const std::string& ca_file) {
        const std::string yaml = hub_yaml(*household_, ca_file);
        const std::string login = fmt::format("casement login nanit --account {} --email {}",
                                              kAccount, options_.user.email);
        if (!as_json_) {
            out_ << "# For the configuration of a hub:\n" << yaml << "# Then: " << login << "\n";
            if (options_.user.mfa != nanit::Mfa::None)
                out_ << "# The code is always " << nanit::Accounts::kCode << ".\n";
        }
        json doors = json::object();
        for (const auto& member : household_->members())
            doors[member.camera_uid] = member.door_address();
        tell("started", {{"api", household_->api_url()},
                         {"relay", household_->relay_url()},
                         {"media", household_->media_url()},
                         {"doors", std::move(doors)},
                         {"ca_file", ca_file},
                         {"configuration", yaml},
                         {"login", login},
                         {"code", nanit::Accounts::kCode}});
    }

    base::Result<> obey(std::string_view line) override { return nanit::obey(*household_, line); }
    async::Task<> end() override { co_await household_->stop(); }
    void forget() override { household_.reset(); }

    void tell(std::string_view what, const json& details) {
        json line{{"time", base::format_rfc3339(clock().wall_now())}, {"what", what}};
        line.update(details);
        out_ << line.dump() << std::endl;  // whoever reads it waits for it
    }

    const cli::EmulateNanit& command_;
    nanit::HouseholdOptions options_;
    const bool as_json_;
    std::ostream& out_;
    std::unique_ptr<nanit::Household> household_;
};

}  // namespace

int emulate_nanit(const cli::EmulateNanit& command, bool as_json, std::ostream& out,
                  std::ostream& err) {
    const auto ttl = base::parse_duration(command.token_ttl);
    if (!ttl || *ttl < std::chrono::seconds(1)) {
        err << "casement: --token-ttl is a duration of a second or more, like 3h\n";
        return cli::kUsage;
    }
    nanit::HouseholdOptions options;
    options.address = command.address;
    if (!command.any_ports) {
        options.cloud_port = command.port;
        options.media_port = command.media_port;
        options.door_port = command.door_port;
    }
    options.cameras = command.cameras;
    options.user = {command.email, command.password,
                    command.mfa == "sms"     ? nanit::Mfa::Sms
                    : command.mfa == "email" ? nanit::Mfa::Email
                                             : nanit::Mfa::None};
    options.access_ttl = std::chrono::duration_cast<std::chrono::seconds>(*ttl);
    options.tls = !command.plain;
    options.time_scale = command.pace;
    options.folder = command.keep;
    options.camera.picture = picture(command.full_size);
    return NanitEmulation(command, std::move(options), as_json, out, err).run();
}

}  // namespace casement::app
