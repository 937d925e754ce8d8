#include "async/task.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace casement::async {

base::Error to_error(error_code ec, std::string_view what) {
    using base::ErrorKind;
    namespace err = asio::error;
    const auto make = [&](ErrorKind kind, std::string reason = {}) {
        return base::Error(kind, std::move(reason), fmt::format("{}: {}", what, ec.message()));
    };
    if (ec == err::operation_aborted || ec == err::bad_descriptor)
        return make(ErrorKind::Cancelled);
    if (ec == err::eof || ec == asio::ssl::error::stream_truncated) {
        return {ErrorKind::Unavailable,
                fmt::format("{}: the other side closed the connection", what)};
    }
    if (ec == err::connection_refused) return make(ErrorKind::Unavailable, "refused");
    if (ec == err::host_unreachable || ec == err::network_unreachable || ec == err::timed_out ||
        ec == err::host_not_found) {
        return make(ErrorKind::Unavailable, "no-route");
    }
    if (ec == err::address_in_use) return make(ErrorKind::FailedPrecondition, "port-taken");
    if (ec == err::access_denied) return make(ErrorKind::PermissionDenied);
    if (ec == err::no_descriptors || ec == err::no_memory)
        return make(ErrorKind::ResourceExhausted);
    return make(ErrorKind::Unavailable);
}

}  // namespace casement::async
