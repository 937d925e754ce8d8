#include "app/import_foggycam.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/account_named.hpp"
#include "app/cli/words.hpp"
#include "base/text.hpp"
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
        const std::string films =
            folder_.empty() || !makes_films_
                ? std::string()
                : fmt::format(
                      ", films: {{folder: {}, pictures: {}, frames_per_second: {}, "
                      "keep_pictures: {}, layout: foggycam}}",
                      yaml_text(folder_), pictures_, frames_per_second_, keeps_pictures_);
        out_.yaml = fmt::format(
            "# Taken over from foggycam. `casement check` says whether it fits in its place.\n"
            "accounts:\n"
            "  - vendor: nest\n"
            "    name: {}\n"
            "    sign_in: {}\n"
            "    way: snapshots\n"
            "    snapshots: {{width: {}{}}}\n",
            account_, out_.issue_token.empty() ? "nest_token" : "google", width_, films);
        return std::move(out_);
    }

private:
    void say(Verdict verdict, const std::string& key, std::string text) {
        out_.lines.push_back({verdict, key, std::move(text)});
    }

    void read(const std::string& key, const json& value) {
        if (key == "width") return read_number(key, value, 64, 4096, width_);
        if (key == "threshold") return read_number(key, value, 2, 1000, pictures_);
        if (key == "frame_rate") return read_number(key, value, 1, 60, frames_per_second_);
        if (key == "path") return read_path(value);
        if (key == "produce_video" || key == "clear_images") return read_flag(key, value);
        if (key == "issue_token" || key == "issueToken")
            return take(key, value, drivers::nest::issue_token_of, out_.issue_token);
        if (key == "cookie" || key == "cookies")
            return take(key, value, drivers::nest::cookies_of, out_.cookies);
        struct Rule {
            std::string_view key, why;
        };
        constexpr std::string_view kAzure = "footage stays on the hub's disk";
        constexpr Rule kRules[] = {
            {"username", "Nest takes no passwords from programs any more: casement login nest"},
            {"password", "Nest takes no passwords from programs any more: casement login nest"},
            {"upload_to_azure", kAzure},
            {"az_account_name", kAzure},
            {"az_sas_token", kAzure},
        };
        const auto* const rule = std::ranges::find(kRules, key, &Rule::key);
        say(Verdict::Ignored, drivers::clean_text(key),
            std::string(rule != std::end(kRules) ? rule->why
                                                 : "the configuration has no place for it"));
    }

    void read_number(const std::string& key, const json& value, int least, int most, int& to) {
        double number = value.is_number() ? value.get<double>() : 0;
        // Old versions wrote them as texts.
        if (value.is_string())
            number = base::parse_number<int>(value.get_ref<const std::string&>()).value_or(0);
        if (!(number >= least && number <= most))
            return say(Verdict::Problem, key,
                       fmt::format("is not between {} and {}; {} is kept", least, most, to));
        to = static_cast<int>(number);
        say(Verdict::Taken, key, fmt::format("it is {}", to));
    }

    void read_flag(const std::string& key, const json& value) {
        const auto flag = value.is_boolean()  ? std::optional(value.get<bool>())
                          : value.is_string() ? bool_of(value.get_ref<const std::string&>())
                                              : std::nullopt;
        if (!flag) return say(Verdict::Problem, key, "is neither true nor false");
        (key == "produce_video" ? makes_films_ : keeps_pictures_) =
            key == "produce_video" ? *flag : !*flag;
        say(Verdict::Taken, key,
            key == "produce_video"
                ? "films of so many pictures are made where path names a folder; the recording is "
                  "made in any case"
                : "it says whether pictures stay beside the films");
    }

    void read_path(const json& value) {
        std::string path = value.is_string() ? value.get<std::string>() : "";
        if (path.empty())
            return say(Verdict::Ignored, "path",
                       "recordings lie under the folder of the hub: data");
        if (!path.starts_with('/') || path.size() > 1000)
            return say(Verdict::Problem, "path", "is no path from / on, so that no films are made");
        folder_ = std::move(path);
        say(Verdict::Taken, "path", "films go there; recordings lie under the folder of the hub");
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
    int width_ = 1280, pictures_ = 200, frames_per_second_ = 24;
    bool makes_films_ = false, keeps_pictures_ = true;
    std::string folder_;
};

/// Whether it was stored.
Result<bool> store_sign_in(const FoggycamImport& import, const std::string& account,
                           const fs::path& data) {
    CASEMENT_TRY(const auto sealed, open_sealed_store(data));
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
    const auto account = account_to_import(current, config::Vendor::Nest, "home", command.account);
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
