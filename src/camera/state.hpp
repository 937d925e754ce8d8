#pragma once
// How a camera is, in one word and, when it is not well, one reason. The words and codes are the
// page's copy deck.

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::camera {

enum class StateWord : std::uint8_t {
    Live,  // pictures arrive as video
    Connecting,
    Snapshot,  // single pictures arrive
    Asleep,    // saving its battery; wakes on demand
    Privacy,   // shutters closed
    Offline,   // cannot be reached
    SignIn,    // the account needs a person
};

/// "live", "connecting", "snapshot", "asleep", "privacy", "offline", "signin".
std::string_view to_string(StateWord word);
std::optional<StateWord> parse_state_word(std::string_view text);

/// What a person can do about it, as a button.
enum class Action : std::uint8_t {
    None,
    SignIn,
    EnterCode,
    Status,
    Why,
    ChooseAddress,
    UseCloud,
    TryNow,
    TurnOn,
    FreeSpace,
    Details,
    Wake,
    Open
};
/// "sign-in", "try-now"...; "none".
std::string_view to_string(Action action);

struct Reason {
    std::string code;  // "no-route", "session-ended", "disk-full"...
    std::string text;  // the sentence of the copy deck
    Action action = Action::None;
    std::optional<base::WallTime> since;
    std::optional<base::WallTime> next_try;
    bool operator==(const Reason&) const = default;
};

struct CameraState {
    StateWord word = StateWord::Connecting;
    base::WallTime since{};  // of the word
    std::optional<Reason> reason;
    bool operator==(const CameraState&) const = default;
};

/// The copy deck: the sentence and the button of each code. `detail` fills the one placeholder that
/// the sentence has (port, codec, vendor, address, time, seconds); an unknown code gives `detail`
/// as the sentence and no button.
Reason make_reason(std::string_view code, std::string_view detail = {});
/// Of an error that carries a reason code; its message is the sentence where the deck has none, or
/// where the deck's needs a detail.
Reason make_reason(const base::Error& error);

}  // namespace casement::camera
