#pragma once
// What a person does with hands: getting the key of the old base, and pairing without it.

#include <string>
#include <vector>

#include "drivers/arlo/network/plan.hpp"

namespace casement::drivers::arlo::network {

struct Step {
    std::string does;                   // a sentence
    std::vector<std::string> commands;  // to be typed as they are, as root
    std::string sees;                   // what one sees when it worked
    std::string otherwise;              // and what to do when not; may be empty
};

/// The WPA2 key of the vendor's base, asked of it over WPS as a camera does. `ssid` is the base's
/// network (NETGEARnn, ARLO_VMB_nnnnnnnnnn).
std::vector<Step> capture_steps(const std::string& interface, const std::string& ssid);

/// Cameras to our own access point, without a base: the plan has `wps`.
std::vector<Step> pairing_steps(const Plan& plan);

/// Numbered, for a terminal.
std::string to_text(const std::vector<Step>& steps);

/// A word that a shell takes as it is.
std::string shell_word(std::string_view text);

}  // namespace casement::drivers::arlo::network
