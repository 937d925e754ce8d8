#pragma once
// A household by words: what people and programs type instead of calling C++.

#include <string>
#include <string_view>
#include <vector>

#include "emulators/nanit/household.hpp"

namespace casement::emulators::nanit {

/// Does what a line says; see verbs(). A number in front ("2 motion") says which camera, the first
/// one otherwise. Empty lines do nothing. InvalidArgument with the known words for anything else.
/// On the household's thread.
base::Result<> obey(Household& household, std::string_view line);

/// "power-cut [SECONDS]" and so on: what obey() knows, as help shows it.
std::vector<std::string> verbs();

}  // namespace casement::emulators::nanit
