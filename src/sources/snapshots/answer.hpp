#pragma once
// What the answer to a question for a picture means, and what to do then. No socket.

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "camera/endpoint.hpp"
#include "media/jpeg.hpp"
#include "net/http_client.hpp"

namespace casement::sources::snapshots {

struct Answer {
    enum class Kind : std::uint8_t {
        Picture,  // a whole JPEG: `info`
        Nothing,  // none now; the last one stays
        Broken,   // something else than a JPEG, which is told by `error`
        Refused,  // whoever asks has to show who it is anew
        Wait,     // `wait` until the next question; `error` says why
        Wrong,    // the question will not be answered: `error`
    };
    Kind kind = Kind::Nothing;
    std::optional<media::jpeg::Info> info{};
    std::chrono::milliseconds wait{0};
    std::optional<base::Error> error{};
};

/// `now` is for a Retry-After that names a time.
Answer read_answer(const camera::AskPictures& way, const net::ClientResponse& answer,
                   base::WallTime now);

}  // namespace casement::sources::snapshots
