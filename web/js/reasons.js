// From a reason code to a sentence, a verdict and steps. The codes are the hub's; the page never guesses one.
import { en, has, t } from "./strings.js";
import { lang, moment } from "./time.js";

/** Codes for which a person must sign in somewhere; everything else is never answered with a login. */
const kSignIn = new Set(["session-ended", "code-needed", "wrong-password", "wrong-code", "not-signed-in", "account-refused"]);
/** What the time line draws for a stretch that is missing because of this code. */
const kGap = {
  "no-route": "offline", "never-called": "offline", refused: "offline", stalled: "offline", "no-keyframe": "offline", codec: "offline", clock: "offline", "hub-unreachable": "offline", "seats-full": "offline", busy: "offline", stuck: "offline", restarting: "offline", "port-taken": "offline", "vendor-down": "offline", quota: "offline", offline: "offline", unreachable: "offline", "camera-unreachable": "offline",
  "session-ended": "session", "code-needed": "session", "wrong-password": "session", "wrong-code": "session", "not-signed-in": "session", "account-refused": "session", session: "session",
  privacy: "privacy", asleep: "asleep", "battery-empty": "asleep", "battery-budget": "asleep", resting: "asleep", off: "off", "recording-off": "off", "hub-stopped": "hub", "disk-full": "disk", "disk-slow": "disk", disk: "disk", deleted: "kept", "deleted-as-agreed": "kept", kept: "kept",
};
export const needsSignIn = (code) => kSignIn.has(code);
export const gapLook = (code) => kGap[code] ?? "unknown";
export const gapText = (code) => t(`gap.${gapLook(code)}`);

/** reason: {code, text, since, nextTry, ...facts}; vendor: how people call who made the camera, or nothing. */
export function sentence(reason, vendor) {
  const key = `reason.${reason.code}`;
  if (reason.text && lang === "en") return reason.text; // the hub knows the port, the codec, the address
  if (!has(key)) return reason.text ?? "";
  const values = { ...reason, vendor: vendor || t("reason.who"), time: reason.since ? moment(reason.since) : "" };
  const whole = [...en[key].matchAll(/\{(\w+)\}/g)].every(([, name]) => values[name] !== undefined && values[name] !== "");
  return whole || !has(`${key}.plain`) ? t(key, values) : t(`${key}.plain`, values);
}
export function steps(code) {
  const list = [];
  for (let i = 1; has(`step.${code}.${i}`); i++) list.push(t(`step.${code}.${i}`));
  return list;
}
/** Seconds until the hub tries again, 0 when it is due, null when no try is planned. */
export const untilNextTry = (reason, now = Date.now()) => (reason?.nextTry ? Math.max(0, Math.ceil((reason.nextTry - now) / 1000)) : null);
