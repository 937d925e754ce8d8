#include "notify/webhooks.hpp"

#include <algorithm>

namespace casement::notify {

namespace {

constexpr std::size_t kQueue = 512;
constexpr std::size_t kCatchUpAtOnce = 200;

}  // namespace

Webhooks::Webhooks(const async::Executor& executor, std::vector<Webhook> webhooks,
                   events::EventLog& log, base::Log lines, double time_scale)
    : webhooks_(std::move(webhooks)),
      log_(log),
      lines_(lines),
      subscription_(log.bus().subscribe(executor, kQueue)),
      targets_(executor, lines, time_scale),
      tasks_(executor, lines) {
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
        TargetOptions options;
        options.name = fmt::format("webhooks[{}]", i);
        options.url = webhooks_[i].url;
        options.secret = webhooks_[i].secret;
        (void)targets_.add(std::move(options));
    }
}

void Webhooks::start() {
    tasks_.spawn("webhooks", [this] { return follow(); });
}

async::Task<> Webhooks::stop(std::chrono::milliseconds patience) {
    co_await tasks_.stop();
    co_await targets_.stop(patience);
}

async::Task<> Webhooks::follow() {
    for (;;) {
        const auto item = co_await subscription_.next();
        if (!item) co_return;
        if (std::holds_alternative<events::Lost>(*item)) {
            // Before the first one there is no place to begin from: the log is long.
            if (sequence_ > 0) co_await catch_up();
        } else {
            tell(std::get<events::EventPtr>(*item));
        }
    }
}

async::Task<> Webhooks::catch_up() {
    for (;;) {
        const auto missed = co_await log_.since(sequence_, kCatchUpAtOnce);
        if (!missed) {
            lines_.warn("Events that were missed cannot be read: {}", missed.error().message());
            co_return;
        }
        for (const events::EventPtr& event : *missed) tell(event);
        if (missed->size() < kCatchUpAtOnce) co_return;
    }
}

void Webhooks::tell(const events::EventPtr& event) {
    if (event->sequence <= sequence_) return;  // told while catching up
    sequence_ = event->sequence;
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
        const Webhook& webhook = webhooks_[i];
        const bool is_wanted =
            webhook.events.empty() ||
            std::ranges::find(webhook.events, event->kind) != webhook.events.end();
        if (!is_wanted) continue;
        targets_.all()[i]->post({event->kind, [event, encoding = webhook.encoding](const Try&) {
                                     return encoding == EventEncoding::Form
                                                ? encode_event_form(*event)
                                                : encode_event_json(*event);
                                 }});
    }
}

}  // namespace casement::notify
