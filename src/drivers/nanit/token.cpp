#include "drivers/nanit/token.hpp"

#include "drivers/json.hpp"
#include "net/http_message.hpp"

namespace casement::drivers::nanit {

namespace {

constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // public ones stay under 1 KiB
constexpr int kMaxClaimsDepth = 8;
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
    const auto decoded =
        net::base64_decoded(std::string_view(text).substr(first + 1, second - first - 1));
    if (!decoded) return std::nullopt;
    const auto claims = parse_object(*decoded, kMaxClaimsDepth);
    if (!claims) return std::nullopt;
    const auto exp = number_at(*claims, "exp");
    if (!exp || !(*exp > 0 && *exp < 1e10)) return std::nullopt;  // the year 2286
    return base::WallTime{std::chrono::seconds{static_cast<std::int64_t>(*exp)}};
}

base::WallTime expiry_of(const base::Secret& token, base::WallTime now,
                         std::optional<std::chrono::seconds> said, std::chrono::milliseconds skew) {
    const auto makes_sense = [skew](auto life) { return life > skew && life < kLongestLife; };
    if (const auto exp = expiry_of(token); exp && makes_sense(*exp - now)) return *exp;
    return now + (said && makes_sense(*said) ? *said : kAssumedLife);
}

}  // namespace casement::drivers::nanit
