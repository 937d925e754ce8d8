#include "emulators/nest/accounts.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "net/http_message.hpp"

namespace casement::emulators::nest {

namespace {

std::string new_token(Kind kind) {
    switch (kind) {
        case Kind::Access:
            return "b." + base::random_hex(24);
        case Kind::Website:
            return base::random_hex(24);
        case Kind::Google:
        case Kind::DeviceAccess:
            return "ya29." + base::random_hex(24);
        case Kind::Jwt:
            break;
    }
    return fmt::format("g.0.{}.{}.{}", base::random_hex(12), base::random_hex(24),
                       base::random_hex(24));
}

}  // namespace

void Accounts::add(User user) {
    std::string userid = user.userid;
    users_.insert_or_assign(std::move(userid), std::move(user));
}

const User* Accounts::find(std::string_view userid) const {
    const auto at = users_.find(userid);
    return at == users_.end() ? nullptr : &at->second;
}

std::chrono::milliseconds Accounts::life(Kind kind) const {
    switch (kind) {
        case Kind::Access:
            return lives.access;
        case Kind::Website:
            return lives.website;
        case Kind::Google:
        case Kind::DeviceAccess:
            return lives.google;
        case Kind::Jwt:
            break;
    }
    return lives.jwt;
}

base::Secret Accounts::issue(Kind kind, std::string_view userid) {
    const auto now = clock_.wall_now();
    std::erase_if(grants_, [now](const auto& entry) { return entry.second.ends <= now; });
    if (kind == Kind::Jwt) ++counters_.jwts;
    if (kind == Kind::Website) ++counters_.website_tokens;
    std::string token = new_token(kind);
    grants_.emplace(token, Grant{kind, std::string(userid), now + life(kind)});
    return base::Secret(std::move(token));
}

std::optional<Grant> Accounts::find_grant(std::string_view token) const {
    const auto at = grants_.find(token);
    if (at == grants_.end() || at->second.ends <= clock_.wall_now()) return std::nullopt;
    return at->second;
}

Accounts::LoginAnswer Accounts::log_in(std::string_view email, std::string_view password) {
    const auto at = std::ranges::find_if(
        users_, [email](const auto& entry) { return entry.second.email == email; });
    if (at == users_.end() || at->second.password.empty() ||
        at->second.password.reveal() != password) {
        ++counters_.refused_logins;
        return Refused{};
    }
    if (!at->second.two_factor) {
        ++counters_.logins;
        return issue(Kind::Access, at->first);
    }
    ++counters_.messages_sent;
    std::string token = "2fa." + base::random_hex(16);
    challenges_.insert_or_assign(at->first, token);
    return Challenge{base::Secret(std::move(token))};
}

std::optional<base::Secret> Accounts::verify_pin(std::string_view challenge, std::string_view pin) {
    const auto at = std::ranges::find_if(
        challenges_, [challenge](const auto& entry) { return entry.second == challenge; });
    if (at == challenges_.end() || pin != kPin) {
        ++counters_.refused_logins;
        return std::nullopt;
    }
    const std::string userid = at->first;
    challenges_.erase(at);
    ++counters_.logins;
    return issue(Kind::Access, userid);
}

Accounts::Browser& Accounts::browser(std::string_view userid) {
    const auto [at, is_new] = browsers_.try_emplace(std::string(userid));
    if (is_new) {
        at->second = {.sid = base::random_hex(16),
                      .sidcc = {base::random_hex(16)},
                      .refresh_token = "1//" + base::random_hex(24)};
    }
    return at->second;
}

std::string Accounts::google_cookies(std::string_view userid) {
    const Browser& one = browser(userid);
    return fmt::format("SID={}; HSID=emu; SIDCC={}", one.sid, one.sidcc.front());
}

base::Secret Accounts::google_refresh_token(std::string_view userid) {
    return base::Secret(browser(userid).refresh_token);
}

std::optional<Accounts::GoogleAnswer> Accounts::google_by_cookies(std::string_view cookie_field) {
    const std::string sid = net::cookie_value(cookie_field, "SID").value_or("");
    const std::string sidcc = net::cookie_value(cookie_field, "SIDCC").value_or("");
    const auto at = std::ranges::find_if(
        browsers_, [&sid](const auto& entry) { return entry.second.sid == sid; });
    if (at == browsers_.end() ||
        std::ranges::find(at->second.sidcc, sidcc) == at->second.sidcc.end()) {
        ++counters_.logged_out;
        if (at != browsers_.end()) ++counters_.stale_cookies;
        return std::nullopt;
    }
    Browser& one = at->second;
    one.sidcc.push_front(base::random_hex(16));
    if (one.sidcc.size() > kOldCookies + 1) one.sidcc.pop_back();
    ++counters_.google_tokens;
    return GoogleAnswer{.token = issue(Kind::Google, at->first),
                        .set_cookie = "SIDCC=" + one.sidcc.front()};
}

std::optional<Accounts::GoogleAnswer> Accounts::google_by_refresh_token(std::string_view token) {
    const auto at = std::ranges::find_if(
        browsers_, [token](const auto& entry) { return entry.second.refresh_token == token; });
    if (at == browsers_.end()) return std::nullopt;
    ++counters_.google_tokens;
    return GoogleAnswer{.token = issue(Kind::Google, at->first), .set_cookie = {}};
}

void Accounts::revoke(std::set<Kind> kinds) {
    std::erase_if(grants_,
                  [&kinds](const auto& entry) { return kinds.contains(entry.second.kind); });
}

base::Secret Accounts::consent(std::string_view userid) {
    std::string code = "4/" + base::random_hex(24);
    consents_.emplace(code, userid);
    return base::Secret(std::move(code));
}

std::optional<base::Secret> Accounts::refresh_token_for(std::string_view code) {
    const auto at = consents_.find(code);
    if (at == consents_.end()) return std::nullopt;
    std::string token = "1//" + base::random_hex(24);
    consented_.emplace(token, at->second);
    consents_.erase(at);
    return base::Secret(std::move(token));
}

std::optional<base::Secret> Accounts::device_access_token(std::string_view refresh_token) {
    const auto at = consented_.find(refresh_token);
    if (at == consented_.end()) return std::nullopt;
    return issue(Kind::DeviceAccess, at->second);
}

void Accounts::log_out_google() {
    browsers_.clear();
    consents_.clear();
    consented_.clear();
}

}  // namespace casement::emulators::nest
