#pragma once
// Somebody who may watch, for the listeners.

#include <optional>
#include <string>
#include <string_view>

#include "net/gatekeeper.hpp"
#include "protocols/rtsp/auth.hpp"

namespace casement::fakes {

/// Ana's token is "token"; Digest works for her too.
struct OneToken final : net::Gatekeeper {
    async::Task<base::Result<std::string>> check_password(std::string user, base::Secret password,
                                                          std::string) override {
        if (user != "ana" || password.reveal() != "token") {
            ++failures;
            co_return base::fail_because("wrong-password", base::ErrorKind::Unauthenticated,
                                         "the name or the token is wrong");
        }
        co_return user;
    }
    std::optional<std::string> digest_ha1(std::string_view user, std::string_view realm,
                                          std::string_view algorithm) const override {
        if (user != "ana") return std::nullopt;
        return protocols::rtsp::auth::ha1(algorithm == "MD5"
                                              ? protocols::rtsp::auth::Algorithm::Md5
                                              : protocols::rtsp::auth::Algorithm::Sha256,
                                          user, realm, "token");
    }
    void count_failure(std::string_view) override { ++failures; }
    bool is_blocked(std::string_view) const override { return blocked; }
    int failures = 0;
    bool blocked = false;
};

}  // namespace casement::fakes
