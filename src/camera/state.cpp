#include "camera/state.hpp"

#include <algorithm>
#include <array>

namespace casement::camera {

namespace {

constexpr std::array<std::string_view, 7> kWords{"live",    "connecting", "snapshot", "asleep",
                                                 "privacy", "offline",    "signin"};
constexpr std::array<std::string_view, 13> kActions{
    "none",           "sign-in",   "enter-code", "status",  "why",
    "choose-address", "use-cloud", "try-now",    "turn-on", "free-space",
    "details",        "wake",      "open"};

struct Entry {
    std::string_view code;
    std::string_view sentence;  // {} is the detail
    Action action;
};
// The copy deck. A person reads these words: they are kept equal to the page's table.
constexpr std::array kDeck{
    Entry{"session-ended", "{} signed us out.", Action::SignIn},
    Entry{"code-needed", "A code was sent to {}.", Action::EnterCode},
    Entry{"wrong-password", "{} did not accept the password.", Action::SignIn},
    Entry{"wrong-code", "{} did not accept the code.", Action::EnterCode},
    Entry{"not-signed-in", "Nobody has signed in to {} yet.", Action::SignIn},
    Entry{"account-refused", "{} does not let this account in.", Action::SignIn},
    Entry{"vendor-down", "{} does not answer; your sign-in is fine.", Action::Status},
    Entry{"quota", "The vendor allows no more questions until {}.", Action::None},
    Entry{"pictures-only", "The vendor gives single pictures of it, no video.", Action::None},
    Entry{"never-called", "It has not called this hub yet.", Action::Why},
    Entry{"no-route", "It does not answer on the network.", Action::Why},
    Entry{"refused", "It answers, but not on port {}.", Action::Why},
    Entry{"clock", "Its clock is {} off.", Action::Why},
    Entry{"hub-unreachable", "The camera cannot find this hub at {}.", Action::ChooseAddress},
    Entry{"seats-full", "Both seats of the camera are taken, one perhaps by the phone app.",
          Action::UseCloud},
    Entry{"busy", "Somebody else holds its one stream.", Action::TryNow},
    Entry{"battery-empty", "Battery at {} %.", Action::None},
    Entry{"off", "Switched off in {}.", Action::TurnOn},
    Entry{"stalled", "Connected, but nothing arrived for {} s.", Action::TryNow},
    Entry{"no-keyframe", "Waiting for a whole picture.", Action::TryNow},
    Entry{"codec", "It sends {}, which cannot be read.", Action::TryNow},
    Entry{"disk-full", "The disk is full: recording stopped at {}.", Action::FreeSpace},
    Entry{"disk-slow", "The disk is too slow: {} s lost.", Action::Details},
};

}  // namespace

std::string_view to_string(StateWord word) { return kWords[static_cast<std::size_t>(word)]; }

std::optional<StateWord> parse_state_word(std::string_view text) {
    const auto* found = std::ranges::find(kWords, text);
    return found == kWords.end() ? std::nullopt
                                 : std::optional(static_cast<StateWord>(found - kWords.begin()));
}

std::string_view to_string(Action action) { return kActions[static_cast<std::size_t>(action)]; }

Reason make_reason(std::string_view code, std::string_view detail) {
    const auto* entry = std::ranges::find(kDeck, code, &Entry::code);
    Reason reason{.code = std::string(code),
                  .text = std::string(detail),
                  .action = Action::None,
                  .since = {},
                  .next_try = {}};
    if (entry == kDeck.end()) return reason;
    reason.action = entry->action;
    reason.text = entry->sentence;
    if (const std::size_t hole = reason.text.find("{}"); hole != std::string::npos)
        reason.text.replace(hole, 2, detail);
    return reason;
}

Reason make_reason(const base::Error& error) {
    const auto* entry = std::ranges::find(kDeck, error.reason(), &Entry::code);
    const bool complete =
        entry != kDeck.end() && entry->sentence.find("{}") == std::string_view::npos;
    Reason reason = make_reason(error.reason());
    if (!complete) reason.text = error.message();
    return reason;
}

}  // namespace casement::camera
