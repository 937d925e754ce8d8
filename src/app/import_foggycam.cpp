#include "app/import_foggycam.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/words.hpp"
#include "drivers/nest/sign_in.hpp"
#include "drivers/words.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;
using Verdict = ImportLine::Verdict;

class Planner {
public:
    Planner(const json& file, std::string account) : file_(file), account_(std::move(account)) {}

    FoggycamImport plan() {
        for (const auto& [key, value] : file_.items()) read(key, value);
        out_.yaml = fmt::format(
            "# Taken over from foggycam. `casement check` says whether it fits in its place.\n"
            "accounts:\n"
            "  - vendor: nest\n"
            "    name: {}\n"
            "    sign_in: {}\n"
            "    way: snapshots\n"
            "    snapshots: {{width: {}}}\n",
            account_, out_.issue_token.empty() ? "nest_token" : "google", width_);
        return std::move(out_);
    }

private:
    void say(Verdict verdict, const std::string& key, std::string text) {
        out_.lines.push_back({verdict, key, std::move(text)});
    }

    void read(const std::string& key, const json& value) {
        if (key == "width") return read_width(value);
        if (key == "issue_token" || key == "issueToken")
            return take(key, value, drivers::nest::issue_token_of, out_.issue_token);
        if (key == "cookie" || key == "cookies")
            return take(key, value, drivers::nest::cookies_of, out_.cookies);
        struct Rule {
            std::string_view key, why;
        };
        constexpr std::string_view kVideo =
            "the hub shows and records every picture at its own time; export and timelapse make "
            "films of any speed";
        constexpr std::string_view kAzure = "footage stays on the hub's disk";
        constexpr Rule kRules[] = {
            {"username", "Nest takes no passwords from programs any more: casement login nest"},
            {"password", "Nest takes no passwords from programs any more: casement login nest"},
            {"path", "recordings lie under the folder of the hub: data"},
            {"frame_rate", kVideo},
            {"threshold", kVideo},
            {"produce_video", kVideo},
            {"clear_images", "pictures go into the recording as they come, and lie nowhere else"},
            {"upload_to_azure", kAzure},
            {"az_account_name", kAzure},
            {"az_sas_token", kAzure},
        };
        const auto* const rule = std::ranges::find(kRules, key, &Rule::key);
        say(Verdict::Ignored, drivers::clean_text(key),
            std::string(rule != std::end(kRules) ? rule->why
                                                 : "the configuration has no place for it"));
    }

    void read_width(const json& value) {
        double width = value.is_number() ? value.get<double>() : 0;
        if (value.is_string()) width = std::atof(value.get_ref<const std::string&>().c_str());
        if (!(width >= 64 && width <= 4096))
            return say(Verdict::Problem, "width", "is not between 64 and 4096; 1280 is kept");
        width_ = static_cast<int>(width);
        say(Verdict::Taken, "width", fmt::format("snapshots.width is {}", width_));
    }

    void take(const std::string& key, const json& value,
              Result<Secret> (*read_secret)(std::string_view), Secret& to) {
        const auto secret = read_secret(value.is_string() ? value.get<std::string>() : "");
        if (!secret) return say(Verdict::Problem, key, secret.error().message());
        to = *secret;
        say(Verdict::Taken, key, "it signs in to the account");
    }

    const json& file_;
    const std::string account_;
    FoggycamImport out_;
    int width_ = 1280;
};

Result<std::string> account_name(const cli::ImportFoggycam& command,
                                 const config::Config& current) {
    std::string name = command.account;
    for (const config::Account& account : current.accounts) {
        if (name.empty() && account.vendor == config::Vendor::Nest) name = account.name;
    }
    if (name.empty()) name = "home";
    if (!drivers::is_account_name(name))
        return base::fail(ErrorKind::InvalidArgument,
                          "\"{}\" cannot be the name of an account: letters, digits, - and _ only, "
                          "at most 64",
                          name);
    return name;
}

/// Whether it was stored.
Result<bool> store_sign_in(const FoggycamImport& import, const std::string& account,
                           const fs::path& data) {
    std::error_code ec;
    if (fs::create_directories(data, ec)) fs::permissions(data, fs::perms::owner_all, ec);
    CASEMENT_TRY(const auto sealed, store::SealedStore::open(data.string()));
    if (drivers::nest::stored_key(*sealed, account)) return false;
    CASEMENT_TRY(drivers::nest::store_key(*sealed, account,
                                          {.kind = drivers::nest::SignInKind::Google,
                                           .issue_token = import.issue_token,
                                           .cookies = import.cookies}));
    return true;
}

}  // namespace

Result<FoggycamImport> plan_foggycam_import(std::string_view text, const std::string& account) {
    const json file = json::parse(text, nullptr, false);
    if (!file.is_object())
        return base::fail(ErrorKind::InvalidArgument, "this is no config.json of foggycam");
    return Planner(file, account).plan();
}

int import_foggycam(const cli::Console& console, const cli::ImportFoggycam& command,
                    const config::Config& current, const fs::path& data) {
    const auto account = account_name(command, current);
    if (!account) return cli::fail_with(console, account.error());
    const auto text = store::read_file(command.file, kMaxFoggycamBytes);
    if (!text) return cli::fail_with(console, text.error().within(command.file));
    auto import = plan_foggycam_import(*text, *account);
    if (!import) return cli::fail_with(console, import.error().within(command.file));
    const bool has_sign_in = !import->issue_token.empty() && !import->cookies.empty();
    if (has_sign_in && command.write) {
        const auto stored = store_sign_in(*import, *account, data);
        if (!stored) return cli::fail_with(console, stored.error());
        import->lines.push_back(
            *stored ? ImportLine{Verdict::Taken, "sign-in", "it is in the sealed store"}
                    : ImportLine{Verdict::Known, "sign-in",
                                 "somebody has signed in to this account in the hub already"});
    }
    report_import(console, import->lines, import->yaml, command.write && has_sign_in);
    if (console.json) return cli::kOk;
    if (!has_sign_in)
        console.err << fmt::format(
            "There is no sign-in to take over: casement login nest --account {}\n", *account);
    else if (!command.write)
        console.err << fmt::format(
            "Nothing was written. With --write the sign-in goes into the sealed store in {}.\n",
            data.string());
    return cli::kOk;
}

}  // namespace casement::app
