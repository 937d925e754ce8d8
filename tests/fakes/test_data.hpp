#pragma once
// Where this checkout's tests/data is.

#include <string>

namespace casement::fakes {

std::string test_data();

}  // namespace casement::fakes
