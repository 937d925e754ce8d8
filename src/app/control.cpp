#include "app/control.hpp"

#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/config/config.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

constexpr std::size_t kMaxControlBytes = 4096;

fs::path json_of(const fs::path& data) { return data / "control.json"; }
fs::path token_of(const fs::path& data) { return data / "control.token"; }

base::Error unreachable(const fs::path& data, const base::Error& cause) {
    if (cause.is(ErrorKind::PermissionDenied)) {
        return {
            ErrorKind::PermissionDenied,
            fmt::format("{} belongs to another user; run this command as that user, or with sudo",
                        data.string())};
    }
    return {ErrorKind::FailedPrecondition,
            fmt::format("the hub is not running with the data directory {}; start it with "
                        "`casement serve`, or name its directory with --data",
                        data.string())};
}

base::Result<> write_json(const fs::path& data, const Control& control) {
    const nlohmann::json json{
        {"url", control.url}, {"fingerprint", control.fingerprint}, {"pid", control.pid}};
    return store::replace_file(json_of(data).string(), json.dump() + "\n");
}

bool is_alive(int pid) { return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM); }

}  // namespace

base::Result<std::unique_ptr<ControlFiles>> ControlFiles::write(const fs::path& data,
                                                                std::string url,
                                                                std::string fingerprint) {
    // 32 bytes: as hard to guess as a key.
    Control control{std::move(url), std::move(fingerprint),
                    base::Secret("ct_" + base::random_hex(32)), static_cast<int>(getpid())};
    base::mask_in_logs(control.token.reveal());
    // The token first: whoever finds control.json finds its token too.
    CASEMENT_TRY(store::replace_file(token_of(data).string(), control.token.reveal() + "\n"));
    CASEMENT_TRY(write_json(data, control));
    return std::unique_ptr<ControlFiles>(new ControlFiles(data, std::move(control)));
}

base::Result<> ControlFiles::move(std::string url, std::string fingerprint) {
    control_.url = std::move(url);
    control_.fingerprint = std::move(fingerprint);
    return write_json(data_, control_);
}

ControlFiles::~ControlFiles() {
    std::error_code ignored;  // they are replaced at the next start
    fs::remove(json_of(data_), ignored);
    fs::remove(token_of(data_), ignored);
}

std::string control_url(bool tls, const std::string& host, std::uint16_t port) {
    const std::string name = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
    return fmt::format("{}://{}", tls ? "https" : "http", config::ListenAddress{name, port}.text());
}

base::Result<Control> read_control(const fs::path& data) {
    const auto content = store::read_file(json_of(data).string(), kMaxControlBytes);
    if (!content) return std::unexpected(unreachable(data, content.error()));
    const auto token = store::read_file(token_of(data).string(), kMaxControlBytes);
    if (!token) return std::unexpected(unreachable(data, token.error()));
    const nlohmann::json json = nlohmann::json::parse(*content, nullptr, false);
    if (!json.is_object() || !json.contains("url") || !json["url"].is_string() ||
        !json.contains("pid") || !json["pid"].is_number_integer()) {
        return base::fail(ErrorKind::DataLoss, "{} is not readable; restart the hub",
                          json_of(data).string());
    }
    Control control;
    control.url = json["url"].get<std::string>();
    if (json.contains("fingerprint") && json["fingerprint"].is_string())
        control.fingerprint = json["fingerprint"].get<std::string>();
    control.pid = json["pid"].get<int>();
    control.token = base::Secret(std::string(base::trimmed(*token)));
    if (!is_alive(control.pid)) {
        return base::fail(ErrorKind::FailedPrecondition,
                          "the hub is not running with the data directory {}: process {} that used "
                          "it is gone; start it with `casement serve`",
                          data.string(), control.pid);
    }
    return control;
}

}  // namespace casement::app
