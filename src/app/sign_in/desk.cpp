#include "app/sign_in/desk.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "drivers/words.hpp"

namespace casement::app::sign_in {

namespace {

using base::ErrorKind;
using base::Result;
using camera::SignInAnswers;
using camera::SignInOutcome;
using camera::SignInWay;

constexpr std::chrono::seconds kPatience{45};
constexpr std::size_t kMaxAnswer = 20'000;  // all of Google's cookies fit

std::string_view word(const std::optional<config::Vendor>& vendor) {
    if (!vendor) return {};
    return *vendor == config::Vendor::Nanit ? "nanit" : "nest";
}

/// What a browser or a mail program put around it.
base::Secret trimmed(const base::Secret& answer) {
    return base::Secret(std::string(base::trimmed(answer.reveal())));
}

/// Of a step all that is needed is there; what is none of its fields was of a step before.
Result<SignInAnswers> checked(const SignInWay* way, const SignInAnswers& given) {
    SignInAnswers out;
    for (const auto& [id, answer] : given) {
        if (answer.reveal().size() > kMaxAnswer)
            return base::fail(ErrorKind::InvalidArgument, "\"{}\" is too long.",
                              drivers::clean_text(id));
        out.insert_or_assign(id, trimmed(answer));
    }
    if (way == nullptr) return out;
    for (const camera::SignInField& field : way->fields) {
        if (field.is_needed && answer_of(out, field.id).empty())
            return base::fail_because("missing", ErrorKind::InvalidArgument, "{} is missing.",
                                      field.name);
    }
    return out;
}

}  // namespace

void Desk::set_accounts(std::vector<config::Account> accounts) {
    const base::MutexLock lock(mutex_);
    accounts_ = std::move(accounts);
}

Result<config::Account> Desk::find(const std::string& vendor, const std::string& name) const {
    const base::MutexLock lock(mutex_);
    const auto found = std::ranges::find_if(accounts_, [&](const config::Account& one) {
        return one.name == name && word(one.vendor) == vendor;
    });
    if (found != accounts_.end()) return *found;
    return base::fail(ErrorKind::NotFound, "There is no such account.");
}

async::Task<Result<std::vector<SignInWay>>> Desk::ways(std::string vendor, std::string name) {
    CASEMENT_CO_TRY(const config::Account account, find(vendor, name));
    CASEMENT_CO_TRY(const auto entrance, make_entrance(account, {co_await asio::this_coro::executor,
                                                                 sealed_, disk_, clock_}));
    co_return entrance->ways();
}

async::Task<Result<SignInOutcome>> Desk::enter(std::string vendor, std::string name,
                                               std::string way, SignInAnswers answers) {
    CASEMENT_CO_TRY(const config::Account account, find(vendor, name));
    const std::string key = vendor + "/" + name;
    {
        const base::MutexLock lock(mutex_);
        if (!under_way_.insert(key).second)
            co_return base::fail_because("busy", ErrorKind::FailedPrecondition,
                                         "Somebody is signing in to this account just now.");
    }
    const std::shared_ptr<void> ends(nullptr, [this, &key](void*) {
        const base::MutexLock lock(mutex_);
        under_way_.erase(key);
    });
    CASEMENT_CO_TRY(const auto entrance, make_entrance(account, {co_await asio::this_coro::executor,
                                                                 sealed_, disk_, clock_}));
    const auto ways = entrance->ways();
    const auto begun = std::ranges::find(ways, way, &SignInWay::id);
    const SignInWay* const first = begun == ways.end() ? nullptr : &*begun;
    if (first == nullptr && !entrance->is_step(way))
        co_return base::fail(ErrorKind::InvalidArgument, "There is no such way in.");
    CASEMENT_CO_TRY(answers, checked(first, answers));
    co_return co_await entrance->enter(way, answers, async::Deadline::in(kPatience));
}

api::SignInDesk Desk::functions() {
    return {
        .ways = [this](std::string vendor,
                       std::string name) { return ways(std::move(vendor), std::move(name)); },
        .enter =
            [this](std::string vendor, std::string name, std::string way, SignInAnswers answers) {
                return enter(std::move(vendor), std::move(name), std::move(way),
                             std::move(answers));
            }};
}

}  // namespace casement::app::sign_in
