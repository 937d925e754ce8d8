#include "base/error.hpp"

namespace casement::base {

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::InvalidArgument:
            return "invalid-argument";
        case ErrorKind::Unauthenticated:
            return "unauthenticated";
        case ErrorKind::PermissionDenied:
            return "permission-denied";
        case ErrorKind::NotFound:
            return "not-found";
        case ErrorKind::FailedPrecondition:
            return "failed-precondition";
        case ErrorKind::Unsupported:
            return "unsupported";
        case ErrorKind::ResourceExhausted:
            return "resource-exhausted";
        case ErrorKind::Unavailable:
            return "unavailable";
        case ErrorKind::DeadlineExceeded:
            return "deadline-exceeded";
        case ErrorKind::Cancelled:
            return "cancelled";
        case ErrorKind::DataLoss:
            return "data-loss";
        case ErrorKind::Internal:
            return "internal";
    }
    return "internal";
}

}  // namespace casement::base
