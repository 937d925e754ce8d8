#include "notify/mqtt/mqtt.hpp"

#include <algorithm>

namespace casement::notify::mqtt {

namespace {

constexpr std::size_t kQueue = 1024;
constexpr std::size_t kTold = 256;
constexpr std::chrono::seconds kPatience{15};  // for a camera to take a wish

}  // namespace

ClientOptions Mqtt::client_options(const MqttOptions& options, const std::optional<OldNanit>& old) {
    ClientOptions out = options.client;
    const std::string status = options.base + "/status";
    out.will = Message{.topic = status, .payload = "offline", .retain = true};
    out.birth = Message{.topic = status, .payload = "online", .retain = true};
    if (old) out.subscriptions = old->subscriptions();
    return out;
}

Mqtt::Mqtt(const async::Executor& executor, MqttOptions options, camera::DriverRegistry& registry,
           camera::CommandRouter& router, events::EventBus& events, base::Log log)
    : registry_(registry),
      router_(router),
      log_(log),
      old_(options.nanit_topics.empty() ? std::nullopt
                                        : std::optional<OldNanit>(options.nanit_topics)),
      client_(executor, client_options(options, old_), log),
      changes_(registry.changes().subscribe(executor, kQueue)),
      events_(events.subscribe(executor, kQueue)),
      commands_(executor, log),
      tasks_(executor, log) {
    client_.on_message([this](const Message& message) { hear(message); });
    client_.on_connected([this](bool is_connected) {
        if (is_connected) say_all();
    });
}

base::Result<> Mqtt::start() {
    CASEMENT_TRY(client_.start());
    tasks_.spawn("mqtt changes", [this] { return follow_changes(); });
    tasks_.spawn("mqtt events", [this] { return follow_events(); });
    return {};
}

async::Task<> Mqtt::stop(std::chrono::milliseconds patience) {
    co_await tasks_.stop();
    co_await commands_.stop();
    co_await client_.stop(patience);
}

void Mqtt::publish(std::vector<Message> messages) {
    for (Message& message : messages) client_.publish(std::move(message));
}

void Mqtt::say_all() {
    if (!old_) return;
    for (const camera::CameraPtr& camera : registry_.cameras()) {
        if (OldNanit::is_about(*camera)) publish(old_->all(*camera));
    }
}

async::Task<> Mqtt::follow_changes() {
    for (;;) {
        const auto item = co_await changes_.next();
        if (!item) co_return;
        const auto* const change = std::get_if<camera::ChangePtr>(&*item);
        if (change == nullptr) {
            say_all();  // some were lost
        } else if (old_ && (*change)->what == camera::Change::What::Found) {
            publish(old_->all(*(*change)->camera));
        } else if (old_) {
            publish(old_->of(**change));
        }
    }
}

async::Task<> Mqtt::follow_events() {
    for (;;) {
        const auto item = co_await events_.next();
        if (!item) co_return;
        const auto* const event = std::get_if<events::EventPtr>(&*item);
        if (event == nullptr || !old_) continue;
        const auto camera = registry_.camera((*event)->camera);
        if (!camera || std::ranges::find(told_, (*event)->id) != told_.end()) continue;
        told_.push_back((*event)->id);
        if (told_.size() > kTold) told_.pop_front();
        publish(old_->of(**event, *camera));
    }
}

void Mqtt::hear(const Message& message) {
    auto command = old_ ? old_->command(message) : std::nullopt;
    if (!command) return;
    if (commands_.size() >= kMaxCommands) {
        log_.warn("too many commands at once; one for {} is dropped", command->baby);
        return;
    }
    commands_.spawn("mqtt command",
                    [this, command = std::move(*command)] { return obey(command); });
}

/// To the one camera that watches this baby.
async::Task<> Mqtt::obey(OldCommand command) {
    const auto cameras = registry_.cameras();
    const auto camera = std::ranges::find_if(
        cameras, [&](const auto& c) { return c->description.subject == command.baby; });
    if (camera == cameras.end()) {
        log_.warn("a command for the baby {}, whom no camera watches", command.baby);
        co_return;
    }
    const camera::Setting* const setting = (*camera)->setting(command.setting);
    const bool is_light = setting && std::holds_alternative<camera::Light>(setting->kind);
    const camera::Value value =
        is_light ? camera::Value(camera::LightValue{.on = command.is_on, .level = {}})
                 : camera::Value(command.is_on);
    const auto done = co_await router_.set((*camera)->description.id, command.setting, value,
                                           "mqtt", async::Deadline::in(kPatience));
    if (!done)
        log_.with("camera", (*camera)->description.id)
            .warn("{} is not set: {}", command.setting, done.error().message());
}

}  // namespace casement::notify::mqtt
