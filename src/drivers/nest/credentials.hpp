#pragma once
// What opens the vendor's camera hosts for an account: asked for at every (re)connect, kept by
// nobody who uses it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nest {

/// Good for the camera web API, the picture hosts and nexustalk.
struct Credential {
    enum class Kind : std::uint8_t {
        SessionToken,  // a Nest account's: the cookie website_2
        Jwt,           // a Google account's: Authorization "Basic", olive_token in nexustalk
    };
    Kind kind = Kind::SessionToken;
    base::Secret value;
    base::WallTime expires{};  // as far as is known; what was opened with it ends about then
    bool operator==(const Credential&) const = default;
};

/// The header that says it: {"Cookie", "website_2=..."} or {"Authorization", "Basic ..."}.
std::pair<std::string, base::Secret> header_of(const Credential& credential);

/// One account's. Every call may come from any executor, runs on the driver's by itself, and may
/// come after the driver is gone: then it answers Cancelled.
class Credentials {
public:
    virtual ~Credentials() = default;

    /// What is good now. Unauthenticated: a person has to sign in, and nothing is worth a try
    /// before. Unavailable, DeadlineExceeded, ResourceExhausted: not now.
    virtual async::Task<base::Result<Credential>> current(async::Deadline deadline) = 0;
    /// The vendor refused this one (401, 403, nexustalk's ERROR 3): asks for one renewal, however
    /// many say so, unless another is there already. Answers as current() does, with what is good
    /// after it; a vendor that refuses that one too says nothing about the person's sign-in.
    virtual async::Task<base::Result<Credential>> rejected(Credential refused,
                                                           async::Deadline deadline) = 0;

    using Renewal = std::function<void(const Credential&)>;
    /// `renewal` is called after each new one, on the driver's executor, for as long as the answer
    /// lives.
    [[nodiscard]] virtual std::shared_ptr<const Renewal> listen(Renewal renewal) = 0;
};

}  // namespace casement::drivers::nest
