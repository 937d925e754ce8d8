#pragma once
// The emulated Nest by words: what people and programs type instead of calling C++.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "emulators/nest/cloud.hpp"

namespace casement::emulators::nest {

/// Does what a line says; see verbs(). A number in front ("2 event motion") says at which camera,
/// the first one otherwise. Empty lines do nothing. InvalidArgument with the known words for
/// anything else. On the cloud's thread.
base::Result<> obey(Cloud& cloud, std::string_view line);

/// "event TYPE[,TYPE] [SECONDS]" and so on: what obey() knows, as help shows it.
std::vector<std::string> verbs();

/// Counters of all, for people and programs. No token is in it.
nlohmann::json status(Cloud& cloud);

/// Of each camera every picture that went out, the oldest first: {"counter", "at", "delivered"}.
nlohmann::json given(Cloud& cloud);

}  // namespace casement::emulators::nest
