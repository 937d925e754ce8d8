// The webhooks of the file, and what arlo-cam-api would post of what devices say.

#include "app/hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::app {
namespace {

using drivers::arlo::Notice;
using testing::ElementsAre;

std::vector<std::string> names_of(Notice::What what) {
    Notice notice;
    notice.what = what;
    std::vector<std::string> out;
    for (const auto& [name, value] : fields_of(notice)) out.push_back(name);
    return out;
}

TEST(Hooks, HaveTheFieldsOfArloCamApiInItsOrder) {
    using What = Notice::What;
    EXPECT_THAT(names_of(What::Registration), ElementsAre("ip", "friendly_name", "hostname",
                                                          "serial_number", "registration", "time"));
    EXPECT_THAT(names_of(What::Status),
                ElementsAre("ip", "friendly_name", "hostname", "serial_number", "status", "time"));
    EXPECT_THAT(names_of(What::Motion), ElementsAre("ip", "friendly_name", "hostname",
                                                    "serial_number", "zone", "file_name", "time"));
    EXPECT_THAT(names_of(What::MotionEnd),
                ElementsAre("ip", "friendly_name", "hostname", "serial_number", "time"));
    EXPECT_THAT(names_of(What::Button), ElementsAre("ip", "friendly_name", "hostname",
                                                    "serial_number", "triggered", "time"));
    EXPECT_THAT(names_of(What::Sound), ElementsAre("ip", "friendly_name", "hostname",
                                                   "serial_number", "triggered", "audio", "time"));
    EXPECT_THAT(names_of(What::Spotlight),
                ElementsAre("ip", "friendly_name", "hostname", "serial_number", "enabled", "time"));
}

TEST(Hooks, AreThoseOfTheFile) {
    config::Config config;
    config::Webhook& hook = config.webhooks.emplace_back();
    hook.url = base::Url::parse("https://bob:p%40w@example.test:8443/hook?x=1").value();
    hook.events = {"motion"};
    hook.encoding = config::WebhookEncoding::Form;
    hook.secret = base::Secret("key");
    config.webhooks.emplace_back();  // without a URL
    const auto hooks = webhooks_of(config);
    ASSERT_EQ(hooks.size(), 1u);
    EXPECT_EQ(hooks[0].url.reveal(), "https://bob:p%40w@example.test:8443/hook?x=1");
    EXPECT_THAT(hooks[0].events, ElementsAre("motion"));
    EXPECT_EQ(hooks[0].encoding, notify::EventEncoding::Form);
    EXPECT_EQ(hooks[0].secret.reveal(), "key");
}

}  // namespace
}  // namespace casement::app
