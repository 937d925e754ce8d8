#include "drivers/words.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace casement::drivers {

namespace {

constexpr std::size_t kMaxTokenBytes = 8192;  // fits a header of any server
constexpr std::size_t kMaxName = 100;

}  // namespace

bool is_account_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

std::string sign_in_remedy(std::string_view vendor, std::string_view account) {
    return fmt::format("Sign in on the hub's page, or with: casement login {} --account {}", vendor,
                       account);
}

bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTokenBytes &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string clean_text(std::string_view text) {
    std::string out;
    bool is_in_tag = false;
    for (const char c : text) {
        if (c == '<') is_in_tag = true;
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        if (!is_in_tag && c != '>') out += is_control ? ' ' : c;
        if (c == '>') is_in_tag = false;
    }
    if (out.size() > kMaxName) {
        out.resize(kMaxName + 1);
        // Not in the middle of a character (RFC 3629 §3).
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80)
            out.pop_back();
        if (!out.empty()) out.pop_back();
    }
    return std::string(base::trimmed(out));
}

}  // namespace casement::drivers
