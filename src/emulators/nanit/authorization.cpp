#include "emulators/nanit/authorization.hpp"

#include <algorithm>

namespace casement::emulators::nanit {

Authorization parse_authorization(std::string_view field) {
    if (field.empty()) return {};
    const std::size_t blank = field.find(' ');
    if (blank == std::string_view::npos) return {Form::Bare, field};
    const std::string_view word = field.substr(0, blank), token = field.substr(blank + 1);
    if (token.empty() || token.contains(' ')) return {Form::Other, {}};
    if (word == "Bearer") return {Form::Bearer, token};
    if (word == "token") return {Form::Token, token};
    return {Form::Other, {}};
}

bool takes(Family family, Form form) {
    switch (family) {
        case Family::Open:
            return true;
        case Family::Babies:
            return form == Form::Bare || form == Form::Bearer || form == Form::Token;
        case Family::Focus:
            return form == Form::Bearer;
        case Family::Camera:
            return form == Form::Token;
    }
    return false;
}

}  // namespace casement::emulators::nanit
