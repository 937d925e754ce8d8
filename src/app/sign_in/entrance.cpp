#include "app/sign_in/entrance.hpp"

namespace casement::app::sign_in {

base::Result<std::unique_ptr<Entrance>> make_entrance(const config::Account& account,
                                                      const Surroundings& surroundings) {
    if (account.vendor == config::Vendor::Nanit) return nanit_entrance(account, surroundings);
    if (account.sign_in == config::NestSignIn::DeviceAccess)
        return device_access_entrance(account, surroundings);
    return nest_entrance(account, surroundings);
}

base::Secret answer_of(const camera::SignInAnswers& answers, std::string_view field) {
    const auto found = answers.find(field);
    return found == answers.end() ? base::Secret{} : found->second;
}

base::Result<base::Secret> code_of(const base::Secret& typed) {
    std::string out;
    for (const char c : typed.reveal()) {
        if (c == ' ' || c == '-') continue;
        const bool is_fine =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_fine || out.size() == 16)
            return base::fail(base::ErrorKind::InvalidArgument, "this is not such a code");
        out += c;
    }
    if (out.empty()) return base::fail(base::ErrorKind::InvalidArgument, "no code was given");
    return base::Secret(std::move(out));
}

std::string cameras_text(std::size_t count) {
    return fmt::format("{} camera{}", count, count == 1 ? "" : "s");
}

camera::SignInWay code_step(std::string note) {
    return {.id = std::string(kCodeStep),
            .name = "Code",
            .note = std::move(note),
            .fields = {{.id = "code", .name = "Code", .is_secret = false}}};
}

}  // namespace casement::app::sign_in
