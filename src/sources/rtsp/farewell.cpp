#include "sources/rtsp/farewell.hpp"

#include "base/log.hpp"
#include "protocols/rtsp/auth.hpp"
#include "protocols/rtsp/message.hpp"

namespace casement::sources::rtsp {

using async::Task;
using base::Result;
namespace rtsp = protocols::rtsp;

namespace {

constexpr int kMaxTries = 2;  // unsigned, then signed

Task<Result<rtsp::Response>> answer(net::Stream& connection, rtsp::Parser& parser) {
    for (;;) {
        CASEMENT_CO_TRY(auto message, parser.next());
        if (!message) {
            CASEMENT_CO_TRY(const std::size_t n, co_await connection.read_some(parser.room()));
            parser.commit(n);
            continue;
        }
        if (auto* response = std::get_if<rtsp::Response>(&*message);
            response && response->status >= 200)
            co_return std::move(*response);
    }
}

Task<Result<>> dialogue(base::Url url, std::string session_id, net::ConnectOptions connect,
                        async::Deadline deadline) {
    if (url.scheme == "rtsps" && !connect.tls && !connect.tls_context) connect.tls.emplace();
    CASEMENT_CO_TRY(auto connection, co_await net::connect(url.host, url.port_or_default(),
                                                           std::move(connect), deadline));
    rtsp::auth::Client auth(url.user, url.password);
    rtsp::Parser parser;
    for (int n = 1; n <= kMaxTries; ++n) {
        rtsp::Request request;
        request.method = "TEARDOWN";
        request.uri = url.without_credentials();
        request.headers.add("CSeq", std::to_string(n));
        request.headers.add("Session", session_id);
        if (const auto authorization = auth.authorize(request.method, request.uri))
            request.headers.add("Authorization", *authorization);
        const std::string bytes = request.to_bytes();
        CASEMENT_CO_TRY(co_await connection->write_all(base::as_bytes(bytes)));
        CASEMENT_CO_TRY(const auto response, co_await answer(*connection, parser));
        if (response.status != 401 || !auth.accept(rtsp::auth::parse_challenges(
                                          response.headers.find_all("WWW-Authenticate"))))
            break;
    }
    co_return Result<>{};
}

}  // namespace

Task<bool> say_teardown(base::Url url, std::string session_id, net::ConnectOptions connect,
                        async::Deadline deadline) {
    const auto said = co_await async::with_deadline(
        deadline, "rtsp goodbye",
        dialogue(std::move(url), std::move(session_id), std::move(connect), deadline));
    co_return said.has_value();
}

Task<> replay(FileJournal& journal, AddressBook address_book, std::chrono::milliseconds each) {
    const std::vector<OpenSession> left = journal.sessions();
    for (const OpenSession& session : left) {
        RtspOptions options;
        if (auto known = address_book ? address_book(session) : std::nullopt)
            options = std::move(*known);
        auto url = base::Url::parse(session.url);
        if (!url) {
            journal.closed(session);
            continue;
        }
        url->user = options.url.user;
        url->password = options.url.password;
        const bool answered = co_await say_teardown(std::move(*url), session.session_id,
                                                    options.connect, async::Deadline::in(each));
        const base::Log log = base::Log{}.with("camera", session.camera);
        if (answered)
            log.info("Ended the RTSP session that the hub's last life left open");
        else
            log.warn(
                "The RTSP session that the hub's last life left open could not be ended: no "
                "answer");
        // Not kept for another try: a camera that does not answer has forgotten it, or will when
        // its power goes.
        journal.closed(session);
    }
}

}  // namespace casement::sources::rtsp
