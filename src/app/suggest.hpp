#pragma once
// "did you mean": the nearest known word to one that is not known.

#include <span>
#include <string>
#include <string_view>

namespace casement::app {

/// The smallest number of inserted, deleted, replaced or swapped neighbouring characters that turns
/// `a` into `b`. Time and memory are O(|a| |b|); both are cut at 64 characters.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` when it is near enough to be meant (a third of the word's length, at
/// least one edit); empty otherwise.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// "; did you mean \"record\"?" or "": to be put behind a sentence.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace casement::app
