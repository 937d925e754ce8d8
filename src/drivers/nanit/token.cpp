#include "drivers/nanit/token.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "net/http_message.hpp"

namespace casement::drivers::nanit {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // public ones stay under 1 KiB
constexpr std::chrono::hours kLongestLife{24 * 7};

}  // namespace

Form form_of(Family family) {
    switch (family) {
        case Family::Session:
            return Form::None;
        case Family::Account:
            return Form::Bare;
        case Family::Focus:
            return Form::Bearer;
        case Family::Speakers:
        case Family::LocalCamera:
            return Form::Token;
    }
    return Form::None;
}

std::string authorization(Form form, const base::Secret& token) {
    switch (form) {
        case Form::None:
            return {};
        case Form::Bare:
            return token.reveal();
        case Form::Bearer:
            return "Bearer " + token.reveal();
        case Form::Token:
            return "token " + token.reveal();
    }
    return {};
}

std::optional<base::WallTime> expiry_of(const base::Secret& token) {
    const std::string& text = token.reveal();
    if (text.size() > kMaxTokenBytes) return std::nullopt;
    const std::size_t first = text.find('.');
    if (first == std::string::npos) return std::nullopt;
    const std::size_t second = text.find('.', first + 1);
    if (second == std::string::npos) return std::nullopt;
    const auto claims =
        net::base64_decoded(std::string_view(text).substr(first + 1, second - first - 1));
    if (!claims) return std::nullopt;
    bool is_deep = false;
    const json parsed = json::parse(
        *claims,
        [&](int depth, json::parse_event_t, json&) {
            is_deep = is_deep || depth > 8;
            return !is_deep;
        },
        false);
    if (is_deep || !parsed.is_object()) return std::nullopt;
    const auto exp = parsed.find("exp");
    if (exp == parsed.end() || !exp->is_number()) return std::nullopt;
    const double seconds = exp->get<double>();
    if (!(seconds > 0 && seconds < 1e10)) return std::nullopt;  // the year 2286; NaN too
    return base::WallTime{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

base::WallTime expiry_of(const base::Secret& token, base::WallTime now,
                         std::optional<std::chrono::seconds> said) {
    const auto makes_sense = [](auto life) { return life > kClockSkew && life < kLongestLife; };
    if (const auto exp = expiry_of(token); exp && makes_sense(*exp - now)) return *exp;
    return now + (said && makes_sense(*said) ? *said : kAssumedLife);
}

}  // namespace casement::drivers::nanit
