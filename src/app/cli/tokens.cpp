// token create, list, revoke.

#include <algorithm>
#include <ostream>

#include "app/cli/moment.hpp"
#include "app/cli/words.hpp"
#include "app/suggest.hpp"
#include "base/url.hpp"

namespace casement::app::cli {

namespace {
using nlohmann::json;
}

int create_token(Hub& hub, const Console& console, const TokenCreate& command) {
    const auto token = ask_json(
        hub,
        {.method = "POST", .path = "/api/v1/tokens", .body = json{{"name", command.name}}.dump()});
    if (!token) return fail_with(console, token.error());
    if (console.json) {
        console.out << token->dump(2) << "\n";
    } else {
        console.err << "This is shown once; keep it where the program that uses it finds it:\n";
        console.out << text_at(*token, "token") << "\n";
    }
    return kOk;
}

int list_tokens(Hub& hub, const Console& console) {
    const auto answer = ask_json(hub, {.method = "GET", .path = "/api/v1/tokens", .body = {}});
    if (!answer) return fail_with(console, answer.error());
    if (console.json) {
        console.out << answer->dump(2) << "\n";
        return kOk;
    }
    Table table({"NAME", "ID", "CREATED", "LAST USED"});
    for (const json& token : list_at(*answer, "tokens")) {
        const std::string used = text_at(token, "last_used");
        table.add({text_at(token, "name"), text_at(token, "id"),
                   local_text(text_at(token, "created")),
                   used.empty() ? "never" : local_text(used)});
    }
    console.out << table.text();
    return kOk;
}

int revoke_token(Hub& hub, const Console& console, const TokenRevoke& command) {
    const auto answer = ask_json(hub, {.method = "GET", .path = "/api/v1/tokens", .body = {}});
    if (!answer) return fail_with(console, answer.error());
    std::vector<std::string> ids;
    std::vector<std::string> names;
    for (const json& token : list_at(*answer, "tokens")) {
        names.push_back(text_at(token, "name"));
        if (text_at(token, "id") == command.name) ids = {command.name};
        if (names.back() == command.name && ids != std::vector{command.name})
            ids.push_back(text_at(token, "id"));
    }
    if (ids.empty()) {
        return fail_with(console, {base::ErrorKind::NotFound,
                                   fmt::format("there is no token \"{}\"{}", command.name,
                                               did_you_mean(command.name, names))});
    }
    if (ids.size() > 1) {
        return fail_with(console,
                         {base::ErrorKind::InvalidArgument,
                          fmt::format("{} tokens have the name \"{}\"; name one by its id: {}",
                                      ids.size(), command.name, fmt::join(ids, ", "))});
    }
    const auto gone = ask_json(hub, {.method = "DELETE",
                                     .path = "/api/v1/tokens/" + base::percent_encoded(ids.front()),
                                     .body = {}});
    if (!gone) return fail_with(console, gone.error());
    if (!console.json) console.out << "revoked " << command.name << "\n";
    return kOk;
}

}  // namespace casement::app::cli
