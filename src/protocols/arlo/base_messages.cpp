#include "protocols/arlo/base_messages.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace casement::protocols::arlo {

namespace {

constexpr std::string_view kAck = "Ack", kAckWithErrors = "Ack with Errors", kNack = "Nack";
/// A register's name follows.
constexpr std::string_view kRefused = "Error Handling Register ";

Response answer(std::string_view word) {
    Response out;
    out.word = word;
    return out;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

}  // namespace

Outcome Response::outcome() const {
    if (word == kAck) return Outcome::Ack;
    if (word == kAckWithErrors) return Outcome::AckWithErrors;
    if (word == kNack) return Outcome::Nack;
    return word.empty() && !others.contains("Response") ? Outcome::Missing : Outcome::Unknown;
}

std::vector<std::string> Response::refused_registers() const {
    std::vector<std::string> out;
    if (!errors) return out;
    for (const std::string_view error : *errors) {
        if (!error.starts_with(kRefused)) continue;
        const std::string_view name = error.substr(kRefused.size());
        if (is_word(name)) out.emplace_back(name);
    }
    return out;
}

Response make_ack() { return answer(kAck); }
Response make_nack() { return answer(kNack); }

Response make_ack_with_errors(std::span<const std::string> refused_registers) {
    if (refused_registers.empty()) return make_ack();
    Response out = answer(kAckWithErrors);
    auto& errors = out.errors.emplace();
    for (const std::string& name : refused_registers)
        errors.push_back(fmt::format("{}{}", kRefused, name));
    return out;
}

}  // namespace casement::protocols::arlo
