#pragma once
// The vendor's REST interfaces, typed: Nest's own, the camera web API, and Google's for those whose
// account is there. It keeps no session; every question takes its turn from the account's budget.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "camera/endpoint.hpp"
#include "drivers/nest/answers.hpp"
#include "drivers/nest/budget.hpp"
#include "drivers/nest/camera_record.hpp"
#include "drivers/nest/credentials.hpp"
#include "drivers/nest/hosts.hpp"
#include "media/bytes.hpp"
#include "net/http_client.hpp"

namespace casement::drivers::nest {

/// Base URLs, each of which the file may replace. No slash at their end.
struct Endpoints {
    std::string home = "https://home.nest.com";
    std::string camera_api = "https://webapi.camera.home.nest.com";
    std::string google_accounts{};  // in front of the path of an issue token; empty = as it says
    std::string google_token = "https://oauth2.googleapis.com/token";
    std::string google_jwt = "https://nestauthproxyservice-pa.googleapis.com/v1/issue_jwt";
};

struct ApiOptions {
    Endpoints endpoints{};
    Hosts hosts{};
    net::ConnectOptions connect{};  // trust and overrides
    BudgetLimits budget{};
    /// One question, at most; the caller's deadline may be sooner.
    std::chrono::milliseconds patience{15'000};
    /// A long poll is over after this, at the latest.
    std::chrono::milliseconds longest_poll{1'000'000};
};

/// Google's cookies with what its answer changed in them.
struct IssuedToken {
    GoogleToken token;
    base::Secret cookies;
};

/// Lives on one executor; any number of calls at a time. Errors of all calls: Unavailable and
/// DeadlineExceeded (network, 5xx, a host in trouble, something that is not the expected JSON),
/// ResourceExhausted "quota" (429, no turn), PermissionDenied for an address that is not followed;
/// of those with a token or cookies Unauthenticated: it is not taken (any more).
class Api {
public:
    Api(async::Executor executor, const base::Clock& clock, ApiOptions options);

    // Signing in.

    /// The token, or where a code was sent. Unauthenticated "wrong-password".
    async::Task<base::Result<std::variant<base::Secret, Challenge>>> password(
        std::string email, base::Secret password, async::Deadline deadline);
    /// Unauthenticated "wrong-code".
    async::Task<base::Result<base::Secret>> code(base::Secret challenge, base::Secret code,
                                                 async::Deadline deadline);
    async::Task<base::Result<SessionAnswer>> session(base::Secret token, async::Deadline deadline);
    /// website_2. Unauthenticated also for an account that has no cameras: session() decides.
    async::Task<base::Result<base::Secret>> camera_session(base::Secret token,
                                                           async::Deadline deadline);
    async::Task<base::Result<IssuedToken>> issue_token(std::string url, base::Secret cookies,
                                                       async::Deadline deadline);
    async::Task<base::Result<GoogleToken>> refresh_google(base::Secret refresh_token,
                                                          std::string client_id,
                                                          async::Deadline deadline);
    async::Task<base::Result<Jwt>> jwt(base::Secret google_token, async::Deadline deadline);

    // With a session: `token` is its own.

    async::Task<base::Result<std::string>> launch(std::string userid, base::Secret token,
                                                  async::Deadline deadline);
    /// Waits for a change; answers the body, empty when the vendor's time was over.
    async::Task<base::Result<std::string>> subscribe(std::string transport, std::string userid,
                                                     base::Secret token, std::string question,
                                                     async::Deadline deadline);

    // With what opens the camera web API.

    // Errors of cameras() and camera() also those of parse_cameras().
    async::Task<base::Result<std::vector<CameraRecord>>> cameras(Credential credential,
                                                                 async::Deadline deadline);
    async::Task<base::Result<std::vector<CameraRecord>>> camera(Credential credential,
                                                                std::string uuid,
                                                                async::Deadline deadline);
    /// Errors also InvalidArgument and NotFound, of the vendor's envelope.
    async::Task<base::Result<>> set_property(Credential credential, std::string uuid,
                                             std::string property, std::string value,
                                             async::Deadline deadline);
    async::Task<base::Result<std::string>> cuepoints(Credential credential, std::string nexus_api,
                                                     std::string uuid, std::chrono::seconds since,
                                                     async::Deadline deadline);
    /// A whole JPEG. NotFound: there is none (yet).
    async::Task<base::Result<media::Bytes>> event_picture(Credential credential,
                                                          std::string nexus_api, std::string uuid,
                                                          std::string cuepoint,
                                                          async::Deadline deadline);
    async::Task<base::Result<media::Bytes>> picture(Credential credential, std::string nexus_api,
                                                    std::string uuid, int width,
                                                    async::Deadline deadline);

    // For whoever fetches a camera's pictures from its host.

    /// No error: a wait where there is no turn, with the reason where the host is left alone.
    camera::AskPictures::Turn picture_turn(const base::Url& url);
    /// As camera::AskPictures::answered.
    void picture_answered(const base::Url& url, int status, std::string_view retry_after);

    const ApiOptions& options() const { return options_; }

    static constexpr std::size_t kMaxBodyBytes = std::size_t{8} << 20;
    static constexpr std::size_t kMaxPictureBytes = std::size_t{8} << 20;

private:
    /// Takes a turn, asks, and keeps what the answer says of the host. Any status that is no
    /// trouble of the host's is an answer. `may_wait`: of a long poll, whose silence is no failure.
    async::Task<base::Result<net::ClientResponse>> ask(net::ClientRequest request,
                                                       async::Deadline deadline,
                                                       bool may_wait = false);
    async::Task<base::Result<std::string>> ask_camera_api(Credential credential, std::string what,
                                                          net::ClientRequest request,
                                                          async::Deadline deadline);
    async::Task<base::Result<media::Bytes>> ask_picture(Credential credential, std::string what,
                                                        std::string url, async::Deadline deadline);

    /// Status 0: no answer.
    void note(const std::string& host, int status, std::string_view retry_after);

    async::Deadline soon(async::Deadline deadline) const {
        return deadline.sooner_of(async::Deadline::in(options_.patience));
    }

    const base::Clock& clock_;
    const ApiOptions options_;
    net::HttpClient http_;
    Budget budget_;
};

/// Does `bytes` begin and end as a JPEG does?
bool is_jpeg(std::string_view bytes);

}  // namespace casement::drivers::nest
