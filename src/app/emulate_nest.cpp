#include <filesystem>
#include <ostream>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/emulate.hpp"
#include "app/emulation.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "emulators/nest/script.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace nest = emulators::nest;
using nlohmann::json;

namespace {

constexpr const char* kAccount = "emulated";
constexpr const char* kUser = "1000001";
constexpr const char* kGoogleUser = "1000002";

struct Member {
    std::string name;
    nest::Camera camera;
};

/// A doorbell with live pictures, a camera that gives pictures one by one, one in another region,
/// and more that give pictures one by one.
Member member(int number) {
    const auto uuid = [number] {
        return fmt::format("{:x}123456789abcdef0123456789abcdef", number);
    };
    switch (number) {
        case 0:
            return {"door", {.uuid = uuid(), .model = nest::kHello}};
        case 1:
            return {"hall", {.uuid = uuid(), .where = "Hallway", .has_nexustalk = false}};
        case 2:
            return {"garden",
                    {.uuid = uuid(),
                     .description = "Garden",
                     .where = "Backyard",
                     .model = nest::kOutdoor,
                     .region = "eu1"}};
        default:
            return {
                fmt::format("room{}", number),
                {.uuid = uuid(), .where = fmt::format("Room {}", number), .has_nexustalk = false}};
    }
}

/// A string of JSON is one of YAML.
std::string quoted(const std::string& text) { return json(text).dump(); }

/// Without the key that may stand in front of it.
std::string certificate_in(const std::string& pem) {
    const std::size_t at = pem.find("-----BEGIN CERTIFICATE-----");
    return at == std::string::npos ? std::string{} : pem.substr(at);
}

class NestEmulation final : public Emulation {
public:
    NestEmulation(const cli::EmulateNest& command, std::chrono::milliseconds token_ttl,
                  bool as_json, std::ostream& out, std::ostream& err)
        : Emulation(err), command_(command), token_ttl_(token_ttl), as_json_(as_json), out_(out) {}

private:
    base::Result<> begin() override {
        nest::CloudOptions options;
        options.address = command_.address;
        options.first_port = command_.any_ports ? 0 : command_.port;
        options.regions = {"us1", "eu1"};
        options.time_scale = command_.pace;
        options.live_picture.name = "Nest";
        if (!command_.plain) {
            CASEMENT_TRY(options.certificate, certificate());
            certificate_pem_ = certificate_in(options.certificate->certificate_pem);
        }
        options.told = [this](const nest::Seen& seen) {
            tell("request", {{"site", seen.site},
                             {"route", seen.route},
                             {"camera", seen.uuid},
                             {"status", seen.status}});
        };
        CASEMENT_TRY(cloud_,
                     nest::Cloud::start(executor(), pool(), clock(), std::move(options), {}));
        cloud_->accounts().add({.email = command_.email,
                                .password = command_.password,
                                .userid = kUser,
                                .two_factor = command_.two_factor});
        cloud_->accounts().add({.email = "google." + command_.email, .userid = kGoogleUser});
        cloud_->accounts().lives.google = cloud_->accounts().lives.jwt = token_ttl_;
        for (int i = 0; i < command_.cameras; ++i) {
            CASEMENT_TRY(cloud_->add(member(i).camera));
        }
        cloud_->devices().add({.id = "garage"});
        CASEMENT_TRY(introduce());
        for (const std::string& line : command_.lines) take(line);
        return {};
    }

    base::Result<net::Certificate> certificate() const {
        if (!command_.keep.empty())
            return net::load_or_make_certificate(command_.keep, {command_.address});
        constexpr std::chrono::days kLife{3650};
        return net::make_self_signed("emulated Nest", {command_.address}, kLife);
    }

    json endpoints() const {
        return {{"home", cloud_->home_url()},
                {"camera_api", cloud_->camera_api_url()},
                {"google_token", cloud_->google_url()},
                {"google_jwt", cloud_->google_url()},
                {"device_access", cloud_->device_access_url()},
                {"pubsub", cloud_->pubsub_url()}};
    }

    /// What one signs in with, each way. Of the emulator: none of it is a secret.
    json sign_in() {
        nest::Accounts& accounts = cloud_->accounts();
        return {{"issue_token", cloud_->issue_token_url()},
                {"cookies", accounts.google_cookies(kGoogleUser)},
                {"refresh_token", accounts.google_refresh_token(kGoogleUser).reveal()},
                {"nest_token", accounts.issue(nest::Kind::Access, kUser).reveal()},
                {"email", command_.email},
                {"users", {{"nest", kUser}, {"google", kGoogleUser}}},
                {"pin", nest::Accounts::kPin},
                {"device_access",
                 {{"project", cloud_->devices().options().project},
                  {"client_id", nest::Accounts::kClientId},
                  {"client_secret", nest::Accounts::kClientSecret},
                  {"code", accounts.consent(kGoogleUser).reveal()},
                  {"subscription", "projects/emulated/subscriptions/casement"}}}};
    }

    /// For the configuration of a hub.
    std::string hub_yaml(const std::string& ca_file) const {
        std::string out =
            fmt::format("accounts:\n  - vendor: nest\n    name: {}\n    sign_in: {}\n", kAccount,
                        command_.sign_in);
        if (!ca_file.empty()) out += fmt::format("    ca_file: {}\n", quoted(ca_file));
        out += "    endpoints:\n";
        const json addresses = endpoints();
        for (const auto& [name, url] : addresses.items())
            out += fmt::format("      {}: {}\n", name, url.dump());
        out += "cameras:\n";
        for (int i = 0; i < command_.cameras; ++i) {
            const Member one = member(i);
            out += fmt::format("  {}:\n    nest: {{account: {}, camera: {}}}\n", one.name, kAccount,
                               quoted(one.camera.uuid));
        }
        return out;
    }

    base::Result<> introduce() {
        std::string ca_file;
        if (!command_.plain) {
            ca_file = std::filesystem::absolute(command_.ca_file).string();
            CASEMENT_TRY(store::replace_file(ca_file, certificate_pem_));
        }
        const std::string yaml = hub_yaml(ca_file);
        const json credentials = sign_in();
        if (!as_json_) {
            out_ << "# For the configuration of a hub:\n" << yaml << "# To sign in with:\n";
            for (const auto& [name, value] : credentials.items())
                out_ << "#   " << name << ": " << value.dump() << "\n";
        }
        tell("started", {{"endpoints", endpoints()},
                         {"sign_in", credentials},
                         {"ca_file", ca_file},
                         {"configuration", yaml}});
        return {};
    }

    base::Result<> obey(std::string_view line) override {
        const std::string_view word = base::trimmed(line);
        if (word == "status") {
            tell("status", nest::status(*cloud_));
        } else if (word == "given") {
            tell("given", {{"pictures", nest::given(*cloud_)}});
        } else {
            return nest::obey(*cloud_, line);
        }
        return {};
    }
    async::Task<> end() override { co_await cloud_->stop(); }
    void forget() override { cloud_.reset(); }

    void tell(std::string_view what, const json& details) {
        json line{{"time", base::format_rfc3339(clock().wall_now())}, {"what", what}};
        line.update(details);
        out_ << line.dump() << std::endl;  // whoever reads it waits for it
    }

    const cli::EmulateNest& command_;
    const std::chrono::milliseconds token_ttl_;
    const bool as_json_;
    std::ostream& out_;
    std::string certificate_pem_;
    std::unique_ptr<nest::Cloud> cloud_;
};

}  // namespace

int emulate_nest(const cli::EmulateNest& command, bool as_json, std::ostream& out,
                 std::ostream& err) {
    const auto ttl = base::parse_duration(command.token_ttl);
    if (!ttl || *ttl < std::chrono::seconds(1)) {
        err << "casement: --token-ttl is a duration of a second or more, like 1h\n";
        return cli::kUsage;
    }
    return NestEmulation(command, *ttl, as_json, out, err).run();
}

}  // namespace casement::app
