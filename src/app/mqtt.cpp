#include "app/mqtt.hpp"

#include "base/random.hpp"
#include "base/time_scale.hpp"

namespace casement::app {

namespace {

/// A first word, or several: no wildcard, and nothing that only a broker may say.
bool is_topic(std::string_view text) {
    return !text.empty() && text.size() <= 200 && !text.starts_with('/') && !text.ends_with('/') &&
           !text.starts_with('$') && text.find_first_of("+#") == std::string_view::npos &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

base::Result<notify::mqtt::MqttOptions> mqtt_options(const config::Mqtt& config,
                                                     store::SealedStore& sealed,
                                                     double time_scale) {
    const auto wrong = [](std::string_view key, std::string_view why) {
        return base::fail(base::ErrorKind::InvalidArgument, "mqtt.{} {}", key, why);
    };
    if (config.broker->scheme != "mqtt" && config.broker->scheme != "mqtts")
        return wrong("broker", "is no mqtt:// or mqtts:// URL");
    if (!is_topic(config.base)) return wrong("base", "is no beginning of a topic");
    if (!config.nanit_topics.empty() && !is_topic(config.nanit_topics))
        return wrong("nanit_topics", "is no beginning of a topic");
    notify::mqtt::MqttOptions out;
    out.client.broker = *config.broker;
    out.client.ca_file = config.ca_file.value_or("");
    out.client.client_id = config.client_id;
    if (out.client.client_id.empty()) {
        CASEMENT_TRY(
            const base::Secret kept,
            sealed.get_or_put("mqtt/client_id", base::Secret("casement-" + base::random_hex(6))));
        out.client.client_id = kept.reveal();
    }
    out.client.reconnect.first = base::scaled(out.client.reconnect.first, time_scale);
    out.client.reconnect.cap = base::scaled(out.client.reconnect.cap, time_scale);
    out.base = config.base;
    out.nanit_topics = config.nanit_topics;
    return out;
}

}  // namespace casement::app
