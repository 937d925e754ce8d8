#pragma once
// Secrets that people give to commands: in a file, or typed.

#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::app::cli {

/// The first line of a file of at most 20 kB, as editors and secret managers write one.
base::Result<base::Secret> secret_in(const std::string& file);

}  // namespace casement::app::cli
