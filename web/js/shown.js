// What a tile says, from what the hub says and what this screen sees. Pure, so that every rule has a test.

const kStaysLiveMs = 2_000;     // a short loss is not worth a word
const kStaysConnectingMs = 30_000; // before "Cannot be reached"

/**
 * hub: {state, since} of the camera; screen: {state, since} of this page's own stream, or null when none is open;
 * lastLive: when this tile last had reason to say "Live" (0 = never). Answers {state, since}.
 */
export function shown(hub, screen, lastLive, now) {
  if (hub.state === "live") {
    if (screen?.state === "codec") return { state: "snapshot", since: screen.since, reason: "screen-codec" };
    if (!screen || screen.state === "playing" || screen.state === "idle") return { state: "live", since: hub.since };
    if (lastLive && now - lastLive < kStaysLiveMs) return { state: "live", since: hub.since };
    return { state: "connecting", since: screen.since };
  }
  if (hub.state === "connecting") return lastLive && now - lastLive < kStaysLiveMs ? { state: "live", since: hub.since } : { state: "connecting", since: hub.since };
  if (hub.state === "offline") {
    if (lastLive && now - lastLive < kStaysLiveMs) return { state: "live", since: hub.since };
    if (now - hub.since < kStaysConnectingMs) return { state: "connecting", since: hub.since };
  }
  return { state: hub.state, since: hub.since };
}
/** States in which the grid opens a stream. A sleeping battery camera is never woken by being looked at. */
export const streams = (state) => state === "live" || state === "connecting";
