#include "app/cli/sign_in_dialogue.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "app/cli/run_to_end.hpp"
#include "app/cli/secret_file.hpp"
#include "app/cli/words.hpp"

namespace casement::app::cli {

using base::ErrorKind;
using base::Result;
using base::Secret;
using camera::SignInField;
using camera::SignInWay;

namespace {

constexpr int kTries = 3;  // to type a code
constexpr std::chrono::seconds kPatience{60};
constexpr const char* kNotGiven = "not-given";

}  // namespace

int SignInDialogue::run(sign_in::Entrance& entrance, SignInWay step) {
    const bool has_person = parts_.keyboard.has_person();
    for (int tries = 1;;) {
        const bool is_first = answers_.empty();
        if (has_person && !is_given(step)) tell(step);
        if (const auto asked = ask(step); !asked) {
            const bool is_missing = asked.error().reason() == kNotGiven;
            if (is_missing && !is_first && sign_in::is_sent(step)) return wait_for(step);
            fail_with(parts_.console, asked.error());
            return is_missing ? kUsage : kFailed;
        }
        camera::SignInAnswers answers = parts_.more;
        answers.insert(answers_.begin(), answers_.end());
        auto outcome =
            run_to_end(parts_.io, entrance.enter(step.id, answers, async::Deadline::in(kPatience)));
        if (!outcome) {
            const bool is_wrong = outcome.error().reason() == "wrong-code";
            if (is_wrong && has_person && tries++ < kTries) {
                parts_.console.err << outcome.error().message() << "\n";
                continue;
            }
            std::string sentence = outcome.error().message();
            if (is_wrong) sentence += parts_.after_wrong_code;
            return fail_with(parts_.console, {outcome.error().kind(), std::move(sentence)});
        }
        if (const auto* const done = std::get_if<camera::SignedIn>(&*outcome)) return tell(*done);
        step = std::get<SignInWay>(std::move(*outcome));
    }
}

/// Nobody has to be told what to bring who has brought it.
bool SignInDialogue::is_given(const SignInWay& step) const {
    return std::ranges::all_of(step.fields, [this](const SignInField& field) {
        const auto found = parts_.given.find(field.id);
        return !field.is_needed || (found != parts_.given.end() && !used_.contains(field.id) &&
                                    (!found->second.value.empty() || !found->second.file.empty()));
    });
}

void SignInDialogue::tell(const SignInWay& step) const {
    if (!step.note.empty()) parts_.console.err << step.note << "\n";
    if (!step.link.empty()) parts_.console.err << step.link << "\n";
}

Result<> SignInDialogue::ask(const SignInWay& step) {
    for (const SignInField& field : step.fields) {
        CASEMENT_TRY(Secret given, answer(field));
        answers_.insert_or_assign(field.id, std::move(given));
    }
    return {};
}

Result<Secret> SignInDialogue::answer(const SignInField& field) {
    const auto found = parts_.given.find(field.id);
    const GivenAnswer none{};
    const GivenAnswer& given = found == parts_.given.end() ? none : found->second;
    // Once: a wrong code is typed the next time.
    if (used_.insert(field.id).second) {
        if (!given.value.empty() && given.value.reveal() != "-") return given.value;
        if (!given.file.empty() && given.file != "-") return secret_in(given.file);
    }
    const bool is_asked_for = !given.value.empty() || !given.file.empty();
    if (!field.is_needed && !is_asked_for) return Secret{};
    auto typed = parts_.keyboard.ask(field.name + ": ", field.is_secret);
    if (typed && !typed->empty()) return typed;
    if (!typed && !typed.error().is(ErrorKind::NotFound)) return typed;
    return base::fail_because(kNotGiven, ErrorKind::InvalidArgument,
                              "{} is missing: give it with {}, or on standard input", field.name,
                              given.option);
}

int SignInDialogue::tell(const camera::SignedIn& done) const {
    if (parts_.console.json) {
        nlohmann::json out{{"account", parts_.account}, {"state", "signed-in"}};
        if (done.cameras) out["cameras"] = *done.cameras;
        if (done.renewed_by) out["renewed_by"] = base::format_rfc3339(*done.renewed_by);
        parts_.console.out << out.dump(2) << "\n";
        return kOk;
    }
    parts_.console.out << done.text << " A hub that runs takes it over within seconds.\n";
    return kOk;
}

int SignInDialogue::wait_for(const SignInWay& step) const {
    if (parts_.console.json)
        parts_.console.out
            << nlohmann::json{{"account", parts_.account}, {"state", "code-sent"}}.dump(2) << "\n";
    return fail_with(parts_.console,
                     {ErrorKind::FailedPrecondition,
                      fmt::format("{} Then run: {}", step.note, parts_.how_to_go_on)});
}

}  // namespace casement::app::cli
