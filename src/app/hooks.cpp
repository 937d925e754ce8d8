#include "app/hooks.hpp"

#include "base/random.hpp"

namespace casement::app {

namespace {

using drivers::arlo::Notice;
using notify::Spelling;

/// With its credentials, for the client that posts.
base::Secret whole(const base::Url& url) {
    if (!url.has_credentials()) return base::Secret(url.without_credentials());
    return base::Secret(fmt::format("{}://{}:{}@{}{}", url.scheme, base::percent_encoded(url.user),
                                    base::percent_encoded(url.password.reveal()), url.authority(),
                                    url.target()));
}

Spelling spelling_of(config::HookSpelling spelling) {
    switch (spelling) {
        case config::HookSpelling::Form:
            return Spelling::Form;
        case config::HookSpelling::JsonNested:
            return Spelling::JsonNested;
        case config::HookSpelling::Json:
            break;
    }
    return Spelling::Json;
}

std::string_view word_of(Notice::What what) {
    switch (what) {
        case Notice::What::Registration:
            return "registration";
        case Notice::What::Status:
            return "status";
        case Notice::What::Motion:
            return "motion";
        case Notice::What::MotionEnd:
            return "motion_end";
        case Notice::What::Button:
            return "button";
        case Notice::What::Sound:
        case Notice::What::SoundEnd:
            return "sound";
        case Notice::What::Spotlight:
            return "spotlight";
    }
    return {};
}

}  // namespace

std::vector<notify::Webhook> webhooks_of(const config::Config& config) {
    std::vector<notify::Webhook> out;
    for (const config::Webhook& webhook : config.webhooks) {
        if (!webhook.url) continue;
        notify::Webhook& hook = out.emplace_back();
        hook.url = whole(*webhook.url);
        hook.events = webhook.events;
        hook.secret = webhook.secret;
        hook.encoding = webhook.encoding == config::WebhookEncoding::Form
                            ? notify::EventEncoding::Form
                            : notify::EventEncoding::Json;
    }
    return out;
}

notify::FieldList fields_of(const Notice& notice) {
    notify::FieldList out{{"ip", notice.address},
                          {"friendly_name", notice.friendly_name},
                          {"hostname", notice.host_name},
                          {"serial_number", notice.serial}};
    switch (notice.what) {
        case Notice::What::Registration:
            out.emplace_back("registration", notify::JsonText{notice.message});
            break;
        case Notice::What::Status:
            out.emplace_back("status", notify::JsonText{notice.message});
            break;
        case Notice::What::Motion:
            out.emplace_back("zone", notice.zones);
            out.emplace_back("file_name", std::string());
            break;
        case Notice::What::Button:
            out.emplace_back("triggered", notice.is_on);
            break;
        case Notice::What::Sound:
        case Notice::What::SoundEnd:
            out.emplace_back("triggered", notice.is_on);
            out.emplace_back("audio", notify::JsonText{notice.audio.empty() ? "{}" : notice.audio});
            break;
        case Notice::What::Spotlight:
            out.emplace_back("enabled", notice.is_on);
            break;
        case Notice::What::MotionEnd:
            break;
    }
    out.emplace_back("time", notify::unix_seconds(notice.at));
    return out;
}

ArloHooks::ArloHooks(const async::Executor& executor, const config::ArloHooks& hooks, base::Log log,
                     double time_scale)
    : targets_(executor, std::move(log), time_scale) {
    open(registration_, hooks.registration, "registration");
    open(status_, hooks.status, "status");
    open(motion_, hooks.motion, "motion");
    open(motion_end_, hooks.motion_end, "motion_end");
    open(sound_, hooks.sound, "sound");
    open(button_, hooks.button, "button");
    open(spotlight_, hooks.spotlight, "spotlight");
}

void ArloHooks::open(Hook& hook, const config::ArloHook& from, std::string_view name) {
    if (!from.url) return;
    notify::TargetOptions options;
    options.name = fmt::format("arlo.webhooks.{}", name);
    options.url = whole(*from.url);
    hook.spelling = spelling_of(from.encoding);
    hook.url = from.url->without_credentials();
    hook.target = &targets_.add(std::move(options));
}

const ArloHooks::Hook& ArloHooks::hook_for(Notice::What what) const {
    switch (what) {
        case Notice::What::Registration:
            return registration_;
        case Notice::What::Status:
            return status_;
        case Notice::What::Motion:
            return motion_;
        case Notice::What::MotionEnd:
            return motion_end_;
        case Notice::What::Button:
            return button_;
        case Notice::What::Sound:
        case Notice::What::SoundEnd:
            return sound_;
        case Notice::What::Spotlight:
            break;
    }
    return spotlight_;
}

void ArloHooks::tell(const Notice& notice) {
    const Hook& hook = hook_for(notice.what);
    if (hook.target == nullptr) return;
    hook.target->post({std::string(word_of(notice.what)),
                       [fields = fields_of(notice), spelling = hook.spelling, url = hook.url,
                        hash = base::random_hex(16)](const notify::Try& which) {
                           return notify::encode(fields, spelling, hash, url, which);
                       }});
}

}  // namespace casement::app
