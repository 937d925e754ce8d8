// The plate: dark, over the picture, and only when there is nothing live to see. One sentence, its small print, one button.
import { h, icon } from "./dom.js";
import { t } from "./strings.js";
import { moment } from "./time.js";
import { needsSignIn, sentence, untilNextTry } from "./reasons.js";
import { command, hubNow, set } from "./hub.js";
import { accountPath } from "./account.js";
import { toast } from "./shell.js";

/** Should record and does not: that is a notice, not a mark. */
export const stoppedRecording = (c) => c.recording.mode === "always" && !c.recording.active;
/** A person is wanted: a sign-in, a camera that stays away, footage that is not being made. */
export const needsPerson = (c) => c.state === "signin" || c.state === "offline" || needsSignIn(c.reason?.code) || Boolean(c.recording.reason) || (stoppedRecording(c) && ["live", "snapshot"].includes(c.state));

/** Codes that mean silence; any other speaks for itself. */
const kSilent = new Set(["no-route", "offline"]);

const why = (c) => h("a.btn.small", { href: `/health?camera=${encodeURIComponent(c.id)}`, "aria-label": t("tile.button", { button: t("tile.why"), name: c.name }) }, t("tile.why"));
const signIn = (c) => h("a.btn.small", { href: accountPath(c.vendor, c.account), "aria-label": t("tile.button", { button: t("account.sign-in"), name: c.name }) }, t("account.sign-in"));
/** Codes of what a camera is, which nobody can mend. */
const kNature = new Set(["pictures-only"]);
/** What is wrong, in the order of how much it matters to the picture. */
export const problemOf = (c) => (kNature.has(c.reason?.code) ? null : c.reason) ?? c.recording.reason;
/** Something that a sign-in of a person mends, and this page knows to which account. */
export const wantsSignIn = (c) => Boolean(c.account) && (c.state === "signin" || needsSignIn(c.reason?.code));
/** The switch that closes the shutters, where the camera has one. */
const shutters = (c) => c.settings.find((s) => s.id === "privacy" && s.kind === "toggle" && s.writable);
const kNobody = new Set(["", "camera", "mqtt", "config"]);

/** A button only where the camera offers the command behind it. */
function offered(c, name, text, said) {
  if (!c.commands.has(name)) return null;
  const run = () => command(c, name).then(() => toast(t(said, c)), (e) => toast(t("set.failed", { name: text, why: e.message })));
  return h("button.btn.small", { type: "button", "aria-label": t("tile.button", { button: text, name: c.name }), onclick: run }, text);
}

function openButton(c) {
  const setting = shutters(c), text = t("tile.open");
  const run = () => set(c, setting, false).then(() => toast(t("toast.open", c)), (e) => toast(t("set.failed", { name: text, why: e.message })));
  return setting && h("button.btn.small", { type: "button", "aria-label": t("tile.button", { button: text, name: c.name }), onclick: run }, text);
}

/**
 * view: what shown() answered; codec: set when this screen cannot play the stream.
 * Answers null or {key, more, make()}: `key` changes when the plate must be built anew, `more` is its small line.
 */
export function plateFor(c, view, { codec = "" } = {}, now = Date.now()) {
  const r = c.reason ?? {}, since = r.since ?? view.since, code = r.code ?? "", by = shutters(c)?.by ?? "", who = kNobody.has(by) ? "" : by;
  const plate = (key, look, tone, title, more, act) => ({ key: `${key} ${title} ${Boolean(act)}`, more, make: () => h("div.plate" + (tone && `.${tone}`), {}, icon(look), h("div", {}, h("b", {}, title), h("small", {}, more)), act) });
  const link = why(c);
  switch (view.state) {
    case "asleep": return plate("asleep", "moon", "", t("tile.asleep.title"), c.pictureAt ? t("tile.picture", { time: moment(c.pictureAt) }) : "", offered(c, "wake", t("tile.wake"), "toast.wake"));
    case "privacy": return plate("privacy", "shutter", "", t("tile.privacy.title"), t(who ? "tile.privacy.by" : "tile.privacy.more", { who, time: moment(since) }), openButton(c));
    case "offline": {
      const wait = untilNextTry(r, hubNow(now));
      const title = code && !kSilent.has(code) ? sentence(r, c.vendorName) : t("tile.offline.title", { time: moment(since) });
      return plate("offline", "unlink", "bad", title, !code ? "" : wait === null ? code : wait > 0 ? t("tile.offline.more", { code, s: wait }) : t("tile.offline.now", { code }), link);
    }
    case "signin": return plate("signin", "key", "warn", code === "wrong-password" ? t("tile.signin.password") : t("tile.signin.title", { vendor: c.vendorName || t("reason.who") }), t("tile.signin.more", { code, time: moment(since) }), wantsSignIn(c) ? signIn(c) : link);
    default:
      return codec ? plate("codec", "film", "", sentence({ code: "screen-codec", codec }), t("state.snapshot.every", { n: c.interval })) : null;
  }
}
