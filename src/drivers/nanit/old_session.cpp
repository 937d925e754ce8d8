#include "drivers/nanit/old_session.hpp"

#include "base/log.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nanit {

using nlohmann::json;

base::Result<OldSession> parse_old_session(std::string_view text) {
    const auto file = text.size() <= kMaxOldSessionBytes ? parse_object(text) : std::nullopt;
    if (!file || (!file->contains("refreshToken") && !file->contains("authToken") &&
                  !file->contains("babies")))
        return base::fail(base::ErrorKind::InvalidArgument,
                          "this is no session.json of a Nanit program");
    OldSession out;
    if (const json& revision = at(*file, "revision"); revision.is_number_integer())
        out.revision = revision.get<std::int64_t>();
    out.has_access = !text_at(*file, "authToken").empty();
    std::string refresh = text_at(*file, "refreshToken");
    if (is_token(refresh)) out.refresh = base::Secret(std::move(refresh));
    base::mask_in_logs(out.refresh.reveal());
    if (!at(*file, "babies").is_array()) return out;
    // The same objects as the vendor's own.
    if (auto babies = parse_babies(json{{"babies", at(*file, "babies")}}.dump(
            -1, ' ', false, json::error_handler_t::replace)))
        out.babies = std::move(*babies);
    return out;
}

}  // namespace casement::drivers::nanit
