#pragma once
// The forms in which clients say who they are, and where which is taken.

#include <string_view>

namespace casement::emulators::nanit {

enum class Form { None, Bare, Bearer, Token, Other };

struct Authorization {
    Form form = Form::None;
    std::string_view token;  // of the field's value
};
/// "T", "Bearer T", "token T". The word is compared as it is written.
Authorization parse_authorization(std::string_view field);

/// Who is asked decides which forms are good.
enum class Family {
    Open,    // login and refresh look at no field
    Babies,  // any of the three forms
    Focus,   // "Bearer" alone
    Camera,  // "token" alone
};
bool takes(Family family, Form form);

}  // namespace casement::emulators::nanit
