#include "emulators/nanit/accounts.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"

namespace casement::emulators::nanit {

namespace {

constexpr std::size_t kRefreshBytes = 24;
// Our choice: clients are told to renew daily when the token does not say its end.
constexpr std::chrono::hours kCameraTokenTtl{24 * 7};

std::int64_t unix_seconds(base::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string Accounts::new_key() { return base::random_hex(32); }

void Accounts::add(User user) {
    const std::string email = user.email;
    users_.insert_or_assign(email, std::move(user));
}

base::Secret Accounts::sign(std::string_view kind, std::string_view subject,
                            std::chrono::seconds ttl) {
    return make_jwt({.kind = std::string(kind),
                     .subject = std::string(subject),
                     .expires_s = unix_seconds(clock_.wall_now()) + ttl.count(),
                     .id = base::random_hex(8)},
                    key_);
}

Accounts::Tokens Accounts::make_tokens(const std::string& email) {
    const std::string refresh = base::random_hex(kRefreshBytes);
    refresh_tokens_.emplace(refresh, email);
    return {.access = sign("access", email, access_ttl_), .refresh = base::Secret(refresh)};
}

Accounts::Challenge Accounts::challenge(const User& user, std::string_view channel) {
    ++counters_.messages_sent;
    const std::string token = "mfa-" + base::random_hex(16);
    challenges_.insert_or_assign(user.email, token);
    if (channel.empty()) channel = user.mfa == Mfa::Email ? "email" : "sms";
    return {.token = base::Secret(token), .phone_suffix = "42", .channel = std::string(channel)};
}

Accounts::LoginAnswer Accounts::log_in(const Login& login) {
    const auto found = users_.find(login.email);
    if (found == users_.end() || !(found->second.password == login.password)) {
        ++counters_.refused_logins;
        return Refused{};
    }
    const User& user = found->second;
    if (user.mfa != Mfa::None) {
        if (login.mfa_code.empty()) return challenge(user, login.channel);
        const auto open = challenges_.find(user.email);
        if (open == challenges_.end() || open->second != login.mfa_token.reveal() ||
            login.mfa_code != kCode) {
            ++counters_.refused_logins;
            return Refused{};
        }
        challenges_.erase(open);
    }
    ++counters_.logins;
    return make_tokens(user.email);
}

bool Accounts::resend(std::string_view mfa_token) {
    const bool is_open = std::ranges::any_of(
        challenges_, [mfa_token](const auto& entry) { return entry.second == mfa_token; });
    if (is_open) ++counters_.messages_sent;
    return is_open;
}

std::optional<Accounts::Tokens> Accounts::refresh(std::string_view refresh_token) {
    const auto found = refresh_tokens_.find(std::string(refresh_token));
    if (found == refresh_tokens_.end()) {
        ++(used_.contains(std::string(refresh_token)) ? counters_.used_twice
                                                      : counters_.unknown_refreshes);
        return std::nullopt;
    }
    const std::string email = found->second;
    used_.insert(found->first);
    refresh_tokens_.erase(found);
    ++counters_.refreshes;
    return make_tokens(email);
}

std::optional<Accounts::Tokens> Accounts::issue(const std::string& email) {
    if (!users_.contains(email)) return std::nullopt;
    return make_tokens(email);
}

std::optional<Claims> Accounts::valid(std::string_view token) const {
    auto claims = read_jwt(token, key_);
    if (claims && claims->expires_s <= unix_seconds(clock_.wall_now())) claims.reset();
    return claims;
}

std::optional<base::WallTime> Accounts::end_of(std::string_view access_token) const {
    const auto claims = valid(access_token);
    if (!claims || claims->kind != "access") return std::nullopt;
    return base::WallTime(std::chrono::seconds(claims->expires_s));
}

std::string Accounts::owner_of(std::string_view access_token) const {
    const auto claims = valid(access_token);
    return claims && claims->kind == "access" ? claims->subject : std::string{};
}

base::Secret Accounts::make_camera_credential(std::string_view camera_uid) {
    return make_jwt({.kind = "camera", .subject = std::string(camera_uid), .id = {}}, camera_key_);
}

bool Accounts::is_camera(std::string_view credential, std::string_view camera_uid) const {
    const auto claims = read_jwt(credential, camera_key_);
    return claims && claims->kind == "camera" && claims->subject == camera_uid;
}

base::Secret Accounts::make_camera_token(std::string_view camera_uid) {
    return sign("uc", camera_uid, kCameraTokenTtl);
}

bool Accounts::opens_camera(std::string_view token, std::string_view camera_uid) const {
    const auto claims = valid(token);
    return claims &&
           (claims->kind == "access" || (claims->kind == "uc" && claims->subject == camera_uid));
}

void Accounts::revoke_all() {
    key_ = new_key();
    for (const auto& [token, email] : std::exchange(refresh_tokens_, {})) used_.insert(token);
    challenges_.clear();
}

}  // namespace casement::emulators::nanit
