#pragma once
// One sign-in of a command: what is needed comes from its options, from files, from a person, or
// from lines of standard input.

#include <map>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>

#include "app/cli/commands.hpp"
#include "app/cli/keyboard.hpp"
#include "app/config/config.hpp"
#include "app/sign_in/entrance.hpp"

namespace casement::app::cli {

/// What an option of the command gave for one field. "-" is the next line of standard input.
struct GivenAnswer {
    std::string option;  // "--cookies-file FILE", for who has to give it
    base::Secret value{};
    std::string file{};  // its first line is the value
};

class SignInDialogue {
public:
    struct Parts {
        const Console& console;
        Keyboard& keyboard;
        asio::io_context& io;
        std::string account;
        std::map<std::string, GivenAnswer, std::less<>> given{};  // by field
        camera::SignInAnswers more{};    // of no field: what the entrance takes besides
        std::string how_to_go_on{};      // the command that gives a code which was sent
        std::string after_wrong_code{};  // a sentence
    };

    explicit SignInDialogue(Parts parts) : parts_(std::move(parts)) {}

    /// From a way or a step to the exit status: kUsage where something was not given, kFailed also
    /// while a code is awaited that nobody could give.
    int run(sign_in::Entrance& entrance, camera::SignInWay step);

private:
    bool is_given(const camera::SignInWay& step) const;
    void tell(const camera::SignInWay& step) const;
    base::Result<> ask(const camera::SignInWay& step);
    base::Result<base::Secret> answer(const camera::SignInField& field);
    int tell(const camera::SignedIn& done) const;
    int wait_for(const camera::SignInWay& step) const;

    const Parts parts_;
    camera::SignInAnswers answers_;
    std::set<std::string, std::less<>> used_;  // fields whose option was used up
};

}  // namespace casement::app::cli
