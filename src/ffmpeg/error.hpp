#pragma once
// AVERROR codes as errors of the house. The only such map.

#include <string_view>

#include "base/error.hpp"

namespace casement::ffmpeg {

/// `what` says what we wanted; `code` is negative.
base::Error to_error(int code, std::string_view what);

}  // namespace casement::ffmpeg
