#pragma once
// Smart Device Management and its events, asked within the vendor's limits.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "drivers/nest/device_access/access.hpp"
#include "drivers/nest/device_access/answers.hpp"
#include "drivers/nest/device_access/limits.hpp"
#include "drivers/nest/device_access/messages.hpp"
#include "drivers/nest/hosts.hpp"
#include "net/http_client.hpp"

namespace casement::drivers::nest::device_access {

/// Answers what opens the interface now. `is_refused`: the vendor did not take the last one, which
/// must not be answered again. Unauthenticated: a person has to sign in anew.
using AskPass = std::function<async::Task<base::Result<Pass>>(bool is_refused, async::Deadline)>;

struct ApiOptions {
    std::string base = "https://smartdevicemanagement.googleapis.com/v1";
    std::string pubsub = "https://pubsub.googleapis.com/v1";
    Hosts hosts{};  // that pictures and clips are fetched from
    net::HttpClientOptions http{};
    std::chrono::milliseconds patience{10'000};        // for one answer
    std::chrono::milliseconds pull_patience{100'000};  // the vendor holds a pull until there is one
    std::chrono::milliseconds silence{60'000};         // after "too often"
    double time_scale = 1;                             // of the limits

    ApiOptions scaled(double scale) const;  // what waits, never the time for an answer
};

/// Lives on one executor; any number of calls at a time. A call waits for its place within the
/// limits; ResourceExhausted "quota" when that is after its deadline: nothing was asked then. A
/// refused token is renewed once. Other errors: those of refusal(), and of the network.
class Api {
public:
    Api(async::Executor executor, const base::Clock& clock, ApiOptions options, AskPass pass);

    async::Task<base::Result<std::vector<Device>>> devices(async::Deadline deadline);

    async::Task<base::Result<RtspStream>> start_rtsp(std::string device, Limits::Rank rank,
                                                     async::Deadline deadline);
    async::Task<base::Result<RtspStream>> extend_rtsp(std::string device, RtspStream stream,
                                                      async::Deadline deadline);
    /// Spare: at once or not at all.
    async::Task<base::Result<>> stop_rtsp(std::string device, RtspStream stream, Limits::Rank rank,
                                          async::Deadline deadline);
    /// The JPEG of an event, at most 30 s after it.
    async::Task<base::Result<std::string>> event_picture(std::string device, std::string event,
                                                         async::Deadline deadline);
    /// The MP4 that a message names.
    async::Task<base::Result<std::string>> clip(std::string url, async::Deadline deadline);

    /// What came, at most ten; empty when nothing did for as long as the vendor waits.
    /// FailedPrecondition "no-subscription" where the sign-in names none.
    async::Task<base::Result<std::vector<Delivery>>> pull(async::Deadline deadline);
    async::Task<base::Result<>> acknowledge(std::vector<std::string> ack_ids,
                                            async::Deadline deadline);

private:
    using Answer = base::Result<std::string>;
    using Build = std::function<net::ClientRequest(const Pass& pass)>;
    /// What takes a place within the limits, each time that it is asked.
    struct Counted {
        Limits::Question question;
        std::string device{}, kind{};  // of a command
        Limits::Rank rank = Limits::Rank::Other;
    };
    class Place;
    /// `patience`: for one answer.
    async::Task<Answer> send(Build build, std::chrono::milliseconds patience,
                             async::Deadline deadline, std::optional<Counted> counted = {});
    async::Task<Answer> send_once(Build build, bool was_refused, async::Deadline deadline);
    async::Task<Answer> command(std::string device, std::string kind, std::string params,
                                Limits::Rank rank, async::Deadline deadline);
    std::string subscription_url(const Pass& pass) const;
    async::Task<base::Result<base::SteadyTime>> wait_for_place(Counted counted,
                                                               async::Deadline deadline);

    const base::Clock& clock_;
    const ApiOptions options_;
    const AskPass pass_;
    net::HttpClient http_;
    Limits limits_;
};

}  // namespace casement::drivers::nest::device_access
