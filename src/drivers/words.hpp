#pragma once
// Words of vendors and of people, as they may be passed on.

#include <string>
#include <string_view>

namespace casement::drivers {

/// Letters, digits, - and _, at most 64: it becomes part of names in the store and on the disk.
bool is_account_name(std::string_view name);

/// How a person signs in: for what tells that somebody has to. `vendor` as the command line has it.
std::string sign_in_remedy(std::string_view vendor, std::string_view account);

/// Printable, without blanks, at most 8 KiB: it fits a header.
bool is_token(std::string_view text);

/// Without markup, control characters and outer blanks; at most 100 bytes of whole characters.
std::string clean_text(std::string_view text);

}  // namespace casement::drivers
