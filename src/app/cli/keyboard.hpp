#pragma once
// Standard input as commands see it that ask something: a person at a terminal, or lines of a
// program.

#include <iosfwd>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::app::cli {

class Keyboard {
public:
    virtual ~Keyboard() = default;
    virtual bool has_person() const = 0;
    /// The next line, without its end and outer blanks, at most kMaxLine bytes. A person sees
    /// `prompt`, and of a hidden answer nothing. NotFound when the input has ended.
    virtual base::Result<base::Secret> ask(std::string_view prompt, bool is_hidden) = 0;

    static constexpr std::size_t kMaxLine = 16 * 1024;  // a refresh token fits
};

/// Descriptor 0. Prompts go to `err`.
std::unique_ptr<Keyboard> this_keyboard(std::ostream& err);

}  // namespace casement::app::cli
