#pragma once
// The ways into one account of the file, from what a person brings to the driver's own sign-in.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "app/config/config.hpp"
#include "async/blocking_pool.hpp"
#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "camera/sign_in.hpp"
#include "store/sealed.hpp"

namespace casement::app::sign_in {

/// The step that takes a code which the vendor has sent.
inline constexpr std::string_view kCodeStep = "code";

/// Lives on one executor, for one sign-in.
class Entrance {
public:
    virtual ~Entrance() = default;
    /// What may be begun with; that of the file first.
    virtual std::vector<camera::SignInWay> ways() const = 0;
    /// A step that was asked for before, and is waited for yet.
    virtual std::optional<camera::SignInWay> awaited() const { return std::nullopt; }
    /// Is that a step which an answer of enter() may name?
    virtual bool is_step(std::string_view way) const { return way == kCodeStep; }
    /// A way of ways(), of which all that is needed is there, or such a step. Errors as the
    /// driver's own; nothing is kept of what does not work.
    virtual async::Task<base::Result<camera::SignInOutcome>> enter(
        std::string_view way, const camera::SignInAnswers& answers, async::Deadline deadline) = 0;
};

/// Everything outlives the entrance.
struct Surroundings {
    async::Executor executor;
    store::SealedStore& sealed;
    async::BlockingPool& disk;
    const base::Clock& clock;
};

/// By vendor and kind of sign-in. Errors: those of the account's addresses.
base::Result<std::unique_ptr<Entrance>> make_entrance(const config::Account& account,
                                                      const Surroundings& surroundings);

base::Result<std::unique_ptr<Entrance>> nanit_entrance(const config::Account& account,
                                                       const Surroundings& surroundings);
base::Result<std::unique_ptr<Entrance>> nest_entrance(const config::Account& account,
                                                      const Surroundings& surroundings);
base::Result<std::unique_ptr<Entrance>> device_access_entrance(const config::Account& account,
                                                               const Surroundings& surroundings);

/// The answer of that field; empty where none was given.
base::Secret answer_of(const camera::SignInAnswers& answers, std::string_view field);
/// A code as the vendor wrote it, without the blanks that people and mail programs put in: a text,
/// whose zeros in front count.
base::Result<base::Secret> code_of(const base::Secret& typed);

/// "2 cameras".
std::string cameras_text(std::size_t count);
camera::SignInWay code_step(std::string note);
/// Does it wait for something that the vendor sends to the person?
inline bool is_sent(const camera::SignInWay& step) { return step.id == kCodeStep; }
}  // namespace casement::app::sign_in
