#pragma once
// Errors are values. The kind answers one question: what should the caller do?

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace casement::base {

enum class ErrorKind {
    InvalidArgument,     // the input is wrong; the same call will fail again
    Unauthenticated,     // who are you? (credentials missing or wrong)
    PermissionDenied,    // known, but not allowed
    NotFound,            // no such thing
    FailedPrecondition,  // right call, wrong state
    Unsupported,         // valid, but not something we can do
    ResourceExhausted,   // a limit was met: size, count, disk
    Unavailable,         // try again later
    DeadlineExceeded,    // no answer in the time allowed
    Cancelled,           // we were asked to stop; never logged as an error
    DataLoss,            // bytes are broken or gone
    Internal,            // a bug of ours
};

/// "invalid-argument", "unavailable"...: stable words for logs and APIs.
std::string_view to_string(ErrorKind kind);

class [[nodiscard]] Error {
public:
    Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

    /// `reason` is a code of the copy deck ("wrong-password", "no-route"...) where a person can act
    /// on it.
    Error(ErrorKind kind, std::string reason, std::string message)
        : kind_(kind), reason_(std::move(reason)), message_(std::move(message)) {}

    ErrorKind kind() const { return kind_; }
    /// A sentence that reads inwards: `camera "porch": rtsp describe: 401`. Never holds a secret.
    const std::string& message() const { return message_; }
    /// Reason code, or empty where none applies.
    const std::string& reason() const { return reason_; }
    bool is(ErrorKind kind) const { return kind_ == kind; }

    /// The same error seen from one level further out: `context: message`.
    Error within(std::string_view context) const {
        Error outer = *this;
        outer.message_ = fmt::format("{}: {}", context, message_);
        return outer;
    }
    Error with_reason(std::string reason) const {
        Error out = *this;
        out.reason_ = std::move(reason);
        return out;
    }

private:
    ErrorKind kind_;
    std::string reason_;
    std::string message_;
};

template <typename T = void>
using Result = std::expected<T, Error>;

/// `return fail(ErrorKind::InvalidArgument, "bad port {}", port);`
template <typename... Args>
std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
    return std::unexpected<Error>(std::in_place, kind,
                                  fmt::format(format, std::forward<Args>(args)...));
}

/// The same with a reason code of the copy deck.
template <typename... Args>
std::unexpected<Error> fail_because(std::string_view reason, ErrorKind kind,
                                    fmt::format_string<Args...> format, Args&&... args) {
    return std::unexpected<Error>(std::in_place, kind, std::string(reason),
                                  fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace casement::base

#define CASEMENT_CONCAT_(a, b) a##b
#define CASEMENT_CONCAT(a, b) CASEMENT_CONCAT_(a, b)
#define CASEMENT_TRY_(return_, tmp, ...) \
    auto&& tmp = (__VA_ARGS__);          \
    if (!tmp) [[unlikely]]               \
    return_ std::unexpected<::casement::base::Error>(std::move(tmp).error())

/// `CASEMENT_TRY(auto value, parse(x));` or `CASEMENT_TRY(check(x));` : propagates the error of a
/// Result.
#define CASEMENT_TRY(...) \
    CASEMENT_TRY_PICK_(__VA_ARGS__, CASEMENT_TRY_BIND_, CASEMENT_TRY_VOID_, )(return, __VA_ARGS__)
/// The same inside a coroutine: `CASEMENT_CO_TRY(auto n, co_await stream.read_some(buffer));`
#define CASEMENT_CO_TRY(...)                                                             \
    CASEMENT_TRY_PICK_(__VA_ARGS__, CASEMENT_TRY_BIND_, CASEMENT_TRY_VOID_, )(co_return, \
                                                                              __VA_ARGS__)

#define CASEMENT_TRY_PICK_(a, b, c, ...) c
#define CASEMENT_TRY_VOID_(return_, expr) \
    CASEMENT_TRY_(return_, CASEMENT_CONCAT(try_result_, __LINE__), expr)
#define CASEMENT_TRY_BIND_(return_, decl, expr)                           \
    CASEMENT_TRY_(return_, CASEMENT_CONCAT(try_result_, __LINE__), expr); \
    decl = std::move(*CASEMENT_CONCAT(try_result_, __LINE__))
