#pragma once
// How commands on this machine find the running hub: two files in its data directory that only its
// user can read.

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::app {

struct Control {
    std::string url;          // "https://127.0.0.1:8790"
    std::string fingerprint;  // SHA-256 of the certificate, "AB:CD:..."; empty without TLS
    base::Secret token;       // Authorization: Bearer
    int pid = 0;
    bool operator==(const Control&) const = default;
};

/// control.json and control.token (mode 0600), there while the hub runs. The token is new at every
/// start.
class ControlFiles {
public:
    /// Blocks. The token is made here and registered with the log's mask.
    static base::Result<std::unique_ptr<ControlFiles>> write(const std::filesystem::path& data,
                                                             std::string url,
                                                             std::string fingerprint);
    /// The hub is found elsewhere from now on; the token stays. Blocks.
    base::Result<> move(std::string url, std::string fingerprint);
    /// Removes both.
    ~ControlFiles();
    ControlFiles(const ControlFiles&) = delete;
    ControlFiles& operator=(const ControlFiles&) = delete;

    const Control& control() const { return control_; }

private:
    ControlFiles(std::filesystem::path data, Control control)
        : data_(std::move(data)), control_(std::move(control)) {}

    const std::filesystem::path data_;
    Control control_;
};

/// The address under which this machine reaches a listener: the wildcard addresses become loopback.
std::string control_url(bool tls, const std::string& host, std::uint16_t port);

/// FailedPrecondition when no hub runs there, PermissionDenied when the files belong to another
/// user; both sentences say what to do.
base::Result<Control> read_control(const std::filesystem::path& data);

}  // namespace casement::app
