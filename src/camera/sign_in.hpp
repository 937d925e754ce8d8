#pragma once
// How a person lets the hub into an account, as a page or a command asks for it.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace casement::camera {

/// One thing that a person brings.
struct SignInField {
    std::string id;  // "cookies"
    std::string name;
    std::string note{};
    bool is_secret = true;  // not shown while it is typed
    bool is_long = false;   // more than a line
    bool is_needed = true;
};

/// One way in, or the next step of one.
struct SignInWay {
    std::string id;  // "google"
    std::string name;
    std::string note{};  // sentences
    std::string link{};  // a page of the vendor's that has to be opened first
    std::vector<SignInField> fields;
};

/// By the ids of the fields. Those of the steps before are given again.
using SignInAnswers = std::map<std::string, base::Secret, std::less<>>;

struct SignedIn {
    std::string text;                            // what became of it, for a person
    std::optional<std::size_t> cameras{};        // where the vendor has told already
    std::optional<base::WallTime> renewed_by{};  // by itself
};
/// A SignInWay: what is needed yet, a code that the vendor has sent to a person for one.
using SignInOutcome = std::variant<SignedIn, SignInWay>;

}  // namespace casement::camera
