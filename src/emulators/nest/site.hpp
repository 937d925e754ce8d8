#pragma once
// One host of the cloud: a port, its routes, and what is wrong with it.

#include <map>
#include <memory>
#include <string>

#include "emulators/nest/cloud.hpp"
#include "net/http_server.hpp"

namespace casement::emulators::nest {

struct Site {
    std::string name;
    std::string url;
    std::unique_ptr<net::Listener> listener;
    std::unique_ptr<net::HttpServer> server;
    Outage outage = Outage::None;
    std::uint64_t requests = 0, too_early = 0;
    struct Patience {
        base::WallTime told_at{}, until{};
    };
    std::map<std::string, Patience, std::less<>> patience{};  // by user: the newest Retry-After
};

/// Who may ask, and in which form it is said.
enum class Access {
    Open,
    Home,    // Authorization: Basic and the raw access token, or a JWT; refused with 401
    WebApi,  // as Nexus; refused in the envelope
    Nexus,   // the cookie website_2 or user_token, or Basic with a JWT or the session's token;
             // refused with 401 where nothing is said and 403 where it is not good
    Google,  // Authorization: Bearer and a token of Device Access; refused with 401
};

/// A request that may be answered.
struct Asked {
    net::Request request;
    Grant grant{};  // empty for Open
    std::string_view site;
};

/// The camera API's: HTTP says 200 whatever happened.
net::Response envelope(int status, std::string_view description, std::string_view detail,
                       std::string_view items = "[]");
net::Response well(std::string_view items = "[]");

/// The token that Authorization or a cookie carries, as `access` has it; nothing where none is.
std::optional<std::string> token_of(Access access, const net::Request& request);

}  // namespace casement::emulators::nest
