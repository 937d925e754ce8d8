// Is anybody looking? Streams stop 20 s after the page went out of sight and start again at once when it is back.

const kHiddenMs = 20_000;
const followers = new Set(), nudged = new Set();
let timer = 0;
export let looking = document.visibilityState !== "hidden";

function change(now) { if (now === looking) return; looking = now; for (const f of [...followers]) f(looking); }
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") timer = setTimeout(() => change(false), kHiddenMs);
  else { change(true); nudge(); }
});
const nudge = () => { for (const f of [...nudged]) f(); };
addEventListener("online", nudge);
addEventListener("pointerdown", nudge, { passive: true });

/** Calls `f(looking)` on every change; answers the function that stops it. */
export function onLooking(f) { followers.add(f); return () => followers.delete(f); }
/** Calls `f()` when waiting longer makes no sense: the network is back, the page is in view again, a finger came down. */
export function onNudge(f) { nudged.add(f); return () => nudged.delete(f); }
