#pragma once
// How a URL becomes RTMP's three names: tcUrl, app and stream name.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/url.hpp"

namespace casement::protocols::rtmp {

struct Address {
    std::string tc_url;  // scheme://host[:port]/app, without credentials of the authority
    std::string app;     // may be empty
    std::string
        name;  // stream name with its query, exactly as written: tokens in it are never touched
};

/// "rtmp://host/app/name?q". Up to two path segments before the name belong to the app, as encoders
/// do it; a single segment is the name. InvalidArgument unless the scheme is rtmp or rtmps and
/// there is a path.
base::Result<Address> make_address(const base::Url& url);

/// What a client asked for, whichever way it cut its URL.
struct StreamPath {
    std::string path;   // "live/porch": app and name without queries, no slash at either end
    std::string query;  // the queries of app and name joined with '&'; never logged
};
StreamPath make_stream_path(std::string_view app, std::string_view name);

/// The value of `key` in "a=1&b=2", percent-decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view key);

}  // namespace casement::protocols::rtmp
