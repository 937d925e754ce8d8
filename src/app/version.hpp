#pragma once

#include <string_view>

namespace casement::app {

/// As CMakeLists.txt says it: "0.1.0".
extern const std::string_view kVersion;

}  // namespace casement::app
