#pragma once
// Stored events, as they are stored: the feed of rooms that act on facts (recorder, mqtt, webhook,
// the API's live feed).

#include "events/event.hpp"
#include "events/feed.hpp"

namespace casement::events {

/// Only EventLog publishes: whoever hears an event can read its row. A follower that got Lost asks
/// EventLog::since().
using EventBus = Feed<EventPtr>;
using EventSubscription = Subscription<EventPtr>;

}  // namespace casement::events
