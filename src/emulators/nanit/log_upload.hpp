#pragma once
// How a camera uploads its logs: as curl does it, byte for byte where receivers stumble.

#include <string>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "emulators/nanit/log_archive.hpp"

namespace casement::emulators::nanit {

struct LogUpload {
    std::string url;  // http://
    std::string archive;
    LogFault fault = LogFault::None;
    bool is_chunked = false;
};

/// PUT with `Expect: 100-continue` and the Content-Type of a form, which it is not. The status of
/// the answer. A receiver that does not say 100 within a second gets the archive all the same, as
/// from curl. Errors: those of net::connect; DataLoss when the answer is none.
async::Task<base::Result<int>> upload_log(LogUpload upload, async::Deadline deadline);

}  // namespace casement::emulators::nanit
