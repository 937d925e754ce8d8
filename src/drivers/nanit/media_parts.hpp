#pragma once
// What the two halves of Media share.

#include "base/error.hpp"

namespace casement::drivers::nanit {

// The camera starts its encoder before it answers.
inline constexpr std::chrono::seconds kAnswerTime{30};
// With the control connection at the camera itself. It gives the third one a 403.
inline constexpr int kSeats = 2;

inline base::Error camera_is_gone() {
    return {base::ErrorKind::Unavailable, "the camera was removed"};
}

/// The page's copy deck calls them seats.
inline base::Error seats_as_people_say(const base::Error& error) {
    return error.reason() == "slots-full" ? error.with_reason("seats-full") : error;
}

}  // namespace casement::drivers::nanit
