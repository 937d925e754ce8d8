// Every word of the page. A locale is one file of this shape; times, numbers and units come from time.js.
import { lang, number, plural } from "./time.js";

export const en = {
  "app.name": "Casement", "app.title": "{view} · Casement", "app.skip": "Skip to the content", "app.main": "Main", "app.homeLink": "Casement, home",
  "nav.home": "Home", "nav.events": "Events", "nav.health": "Health", "nav.settings": "Settings", "nav.attention": ", needs attention: ",
  "theme.switch": "Light or dark", "close": "Close", "again": "Try again", "open": "Open", "back": "Back to all cameras",

  "hub.gone": "The hub does not answer. Next try in {s} s.", "hub.gone.now": "The hub does not answer. Trying now.", "hub.try": "Try now", "hub.waiting": "Still waiting for the hub.",
  "error.title": "The hub answered with an error ({status}).", "error.safe": "Your recordings are not touched.", "error.403": "Your account may not see this.", "error.404.camera": "No such camera. It may have been removed.", "error.404": "There is no such page.",
  "error.network": "The hub does not answer. Check that it runs and that this device is on the same network.", "error.slow": "Too many tries. Wait {s} s and try again.", "error.slow.some": "Too many tries. Wait a minute and try again.",
  "error.home": "To all cameras",

  "claim.title": "Claim this hub", "claim.head": "This hub is yours to claim", "claim.lead.a": "Enter the code that ", "claim.lead.b": " printed. It works once, and only until the hub restarts.",
  "claim.code": "Claim code", "claim.code.missing": "Enter the 8 letters and digits.", "claim.code.wrong": "That is not the code. Look at the newest one in the terminal.",
  "claim.name": "Your name", "claim.name.missing": "Enter the name you want to sign in with.", "claim.password": "New password", "claim.password.hint": "{n} characters or more. A sentence is good.", "claim.password.short": "Use {n} characters or more.",
  "claim.go": "Claim and continue", "claim.cert": "Your browser warned about the certificate? It is this hub’s own. Open the browser’s certificate view: the fingerprint there must be the one in the terminal.",
  "claim.done": "Somebody has claimed this hub already. Sign in instead.",
  "signin.title": "Sign in", "signin.name": "Name", "signin.name.missing": "Enter your name.", "signin.password": "Password", "signin.password.missing": "Enter your password.", "signin.show": "Show the password",
  "signin.go": "Sign in", "signin.wrong": "Name or password is not right.", "signin.foot": "Nothing leaves your house.", "signin.ended": "You were signed out. Sign in again to go on.", "busy": "One moment",

  "home.title": "Home", "home.lead": "{live} of {all} live · recording {rec}", "home.cameras": "Cameras", "home.wall": "Wall", "home.show": "Show",
  "chip.all": "All {n}", "chip.attention": "Needs you {n}", "home.empty": "No cameras yet.", "home.empty.more": "Add one to the configuration file; it appears here by itself.", "home.empty.filter": "No camera needs you.",
  "home.needs": "Needs you",

  "state.live": "Live", "state.live.behind": "{n} s behind", "state.connecting": "Connecting, {s} s", "state.snapshot": "Picture, {age} old", "state.snapshot.none": "Picture", "state.snapshot.every": "one every {n} s", "state.asleep": "Asleep", "state.privacy": "Privacy on",
  "state.offline": "Cannot be reached", "state.signin": "Sign-in needed",
  "tile.wake": "Wake", "tile.open": "Open", "tile.why": "Why?", "tile.button": "{button}: {name}",
  "tile.asleep.title": "Saving its battery", "tile.picture": "Picture from {time}", "tile.privacy.title": "Shutters closed", "tile.privacy.more": "Since {time}", "tile.privacy.by": "By {who}, since {time}",
  "tile.offline.title": "No answer since {time}", "tile.offline.more": "{code} · retry in {s} s", "tile.offline.now": "{code} · trying now", "tile.signin.title": "{vendor} signed us out", "tile.signin.password": "Password not accepted", "tile.signin.more": "{code} · {time}",
 
  "tile.nopicture": "No picture yet", "tile.nopicture.more": "It appears here with the first frame.", "tile.still": "Last picture of {name}", "tile.video": "{name}, live picture", "tile.battery": "Battery ",
  "mark.recording": "Recording", "mark.armed": "Records on the next event", "mark.off": "Not recording",
  "toast.wake": "Waking {name}. Battery cameras need 5 to 15 seconds.", "toast.open": "{name} is open again.",

  "notice.norecord": "{name} has not recorded since {time}.", "notice.norecord.plain": "{name} is not recording.", "notice.more": "What was recorded before is safe.", "notice.offline": "{name} cannot be reached since {time}.", "notice.signin": "{name} needs a sign-in.", "notice.other": "{name} needs you.",
  "notice.others.one": "One more camera needs you.", "notice.others.other": "{n} more cameras need you.",

  "camera.player": "Player", "camera.controls": "Player controls", "camera.keys": "Keys", "camera.keys.title": "Keyboard shortcuts", "badge.live": "Live", "badge.now": "Now", "badge.behind": "{n} s behind", "badge.way": "MSE", "badge.catchup": "Catch up", "badge.pictures": "Pictures", "badge.recorded": "recorded", "badge.paused": "paused", "badge.loading": "loading",
  "badge.numbers": "Numbers of this stream", "player.pause": "Pause", "player.play": "Play", "player.back": "Back 10 seconds", "player.prev": "Previous event", "player.next": "Next event", "player.sound": "Sound", "player.nosound": "This camera sends no sound", "player.snap": "Snapshot", "player.full": "Full screen", "player.golive": "Live",
  "snap.saved": "Snapshot saved.", "snap.name": "{name} {date} {time}.jpg", "snap.none": "There is no picture to save yet.",
  "player.skip": "{span} missing: {why}", "player.gap": "No picture: {why}", "player.norecording": "Nothing was recorded then", "player.begun": "Recording has just begun", "player.begun.more": "The first seconds are shown when they are on the disk: try again in a moment.", "player.codec": "This browser cannot play {codec}.", "player.error": "The recording did not arrive.", "player.end": "That was the newest recording.", "player.end.day": "That was the last recording of this day.",
  "stats.title": "This stream", "stats.way": "Way", "stats.size": "Picture", "stats.size.value": "{w} × {h}", "stats.codec": "Format", "stats.frames": "Frames shown", "stats.lost": "Frames left out", "stats.key": "Last whole picture", "stats.key.value": "{n} s ago", "stats.buffer": "Held ready", "stats.seconds": "{n} s", "stats.rate": "Data rate", "stats.rate.value": "{n} Mbit/s", "stats.behind": "Behind the camera", "stats.sound": "Sound", "stats.yes": "yes", "stats.no": "no",
  "tl.today": "Today", "tl.yesterday": "Yesterday", "tl.show": "Show", "tl.1h": "1 h", "tl.6h": "6 h", "tl.day": "Day", "tl.time": "Time", "tl.help": "Arrow keys move 10 seconds, with Shift one minute, page keys ten. Up and down zoom. Home is the start of the day, End its newest moment.",
  "tl.at": "{date}, {time}", "tl.live": "Live", "tl.legend": "What the marks mean", "tl.recorded": "Recorded", "tl.choose": "Day", "tl.before": "Day before", "tl.after": "Day after", "tl.failed": "The hub did not say what is recorded.", "tl.none": "Nothing was recorded on {date}.", "tl.midnight": "24:00", "tl.zone": "Times of the hub, {zone}",
  "gap.offline": "Camera unreachable", "gap.session": "Vendor ended the session", "gap.privacy": "Privacy on", "gap.asleep": "Asleep, no event", "gap.off": "Recording off", "gap.disk": "Disk full", "gap.kept": "Deleted as agreed", "gap.hub": "Hub was not running", "gap.unknown": "Not recorded, reason unknown",
  "gap.span": "{from} – {to}",
  "kind.motion": "Motion", "kind.person": "Person", "kind.sound": "Sound", "kind.bell": "Bell", "kind.other": "Event",
  "keys.title": "Keyboard", "keys.off": "Letter keys can be switched off in Settings.",
  "keys.play": "play, pause", "keys.step": "10 seconds; with Shift 1 minute", "keys.page": "10 minutes", "keys.event": "previous, next event", "keys.live": "go live", "keys.home": "start of the day", "keys.zoom": "zoom the time line", "keys.sound": "sound", "keys.snap": "snapshot", "keys.full": "full screen", "keys.open": "open a camera (home)", "keys.wall": "wall (home)", "keys.help": "this table", "keys.space": "Space or K",
  "side.sensors": "Sensors", "side.heard": "last heard {time}", "side.ago": "{span} ago", "side.safety": "Not a medical or safety device. Keep the maker’s alarm on.", "side.controls": "Controls", "side.connection": "Connection", "side.details": "Details", "side.more": "More",
  "fact.state": "State", "fact.since": "Since", "fact.reason": "Reason", "fact.source": "Way", "fact.video": "Picture", "fact.audio": "Sound", "fact.audio.none": "none", "fact.rate": "Data rate", "fact.viewers": "Watching", "fact.recording": "Recording", "fact.last": "Last picture", "fact.viewers.one": "one viewer", "fact.viewers.other": "{n} viewers", "fact.fps": "{n} frames a second", "fact.address": "Address", "fact.next": "Next try", "fact.vendor": "Maker",
  "record.always": "always", "record.events": "on events", "record.off": "off",

  "set.wait": "Asked {want} · camera reports {have}", "set.wait.unknown": "Asked {want} · not reported yet", "set.refused": "The camera refused {want}: {why} It stays at {have}.", "set.refused.plain": "The camera refused: {why} It stays at {have}.", "set.unreported": "Not reported yet", "set.noanswer": "No answer yet", "set.asleep": "Will be set when it wakes", "set.on": "on", "set.off": "off", "set.sure": "Sure? {name}", "set.done": "Done: {name}", "set.failed": "{name} did not work: {why}", "set.changed": "changed elsewhere, {time}", "set.none": "unknown",

  "events.title": "Events", "events.day": "Day", "events.all": "All cameras", "events.camera": "Camera", "events.kind": "Kind", "events.kinds": "All kinds", "events.empty": "Nothing happened on {date}.", "events.empty.filter": "Nothing of this kind on {date}.", "events.before": "Show the day before", "events.hour": "{from} – {to}", "events.more": "Show more", "events.lead.one": "One event on {date}", "events.lead.other": "{n} events on {date}", "events.lead.none": "No events on {date}",
  "events.picture": "Picture of this event", "events.row": "{kind}, {camera}, {time}",

  "health.title": "Health", "health.fine": "Everything works", "health.lead.one": "One camera needs you", "health.lead.other": "{n} cameras need you", "health.lead.rest": "{n} fine", "health.up": "hub up {span}", "health.why": "Why is it black?", "health.since": "since {time}, {span} ago", "health.next": "Next try in {s} s", "health.nextNow": "Trying now", "health.copy": "Copy report", "health.copied": "Report copied. It holds no passwords, tokens or pictures.",
  "health.last": "Last picture, {time}. Everything before it is safe.", "health.cameras": "Cameras", "health.hub": "This hub", "health.version": "Version", "health.started": "Since {time}", "health.from": "since {time}", "health.verdict": "{name}: {what}", "health.clock": "Clock", "health.disk": "Disk", "health.disk.value": "{used} of {all}", "health.disk.free": "{free} free", "health.ok": "fine", "health.uptime": "Running for", "health.recording": "Recording", "health.notrecording": "Not recording", "health.listener.failed": "not open", "health.all": "All {n} cameras are fine.", "health.all.one": "Your camera is fine.", "health.none": "No cameras yet.", "health.copyfail": "The browser did not allow copying.",
  "health.clock.same": "agrees with this device", "health.clock.ahead": "{n} s ahead of this device", "health.clock.behind": "{n} s behind this device", "account.sign-in": "Sign in", "account.go": "Sign in", "account.way": "How do you sign in?", "account.missing": "This is missing.", "account.optional": "{name} (may stay empty)", "account.link": "Open the page", "account.again": "Begin again", "account.signed-in": "signed in", "account.signing-in": "signing in", "account.needs-person": "sign-in needed", "account.vendor-down": "vendor does not answer",

  "settings.title": "Settings", "settings.look": "Appearance", "settings.theme": "Theme", "settings.theme.auto": "As the device", "settings.theme.light": "Light", "settings.theme.dark": "Dark", "settings.keys": "Letter keys", "settings.keys.note": "One-letter shortcuts of the player and of Home.",
  "settings.account": "You", "settings.signedin": "Signed in as {name}", "settings.signout": "Sign out", "tokens.title": "API tokens", "tokens.lead": "For players, scripts and home automation. Whoever has a token may do what you may do.", "tokens.none": "No tokens yet.", "tokens.name": "What is it for?", "tokens.name.missing": "Give it a name, so that you know later what it is for.", "tokens.example": "VLC in the kitchen", "tokens.create": "Create token", "tokens.new": "Copy it now. It is shown only this once.", "tokens.copy": "Copy", "tokens.copied": "Token copied.", "tokens.made": "Made {time}", "tokens.used": "last used {time}", "tokens.unused": "never used", "tokens.revoke": "Revoke", "tokens.sure": "Revoke “{name}”? Whatever uses it stops working at once.", "tokens.yes": "Revoke it", "tokens.no": "Keep it", "tokens.revoked": "“{name}” no longer works.", "tokens.value": "New token", "tokens.done": "I have copied it",

  "span.s": "{n} s", "span.min": "{n} min", "span.h": "{n} h", "span.days": "{n} days",
  "event.motion": "Motion", "event.person": "Person", "event.sound": "Sound", "event.cry": "Crying", "event.button": "Bell", "event.temperature": "Temperature", "event.humidity": "Humidity", "event.battery-low": "Battery low",
  "event.state": "State of the camera", "event.setting": "Setting changed", "event.command": "Command", "event.account": "Account", "event.recording": "Recording", "event.deleted": "Deleted as agreed", "event.recovered": "Repaired at start", "event.other": "Event",
  "way.rtsp": "RTSP", "way.rtmp": "RTMP", "way.push": "the camera sends to this hub", "way.house": "the camera sends to this hub, nothing leaves the house", "way.cloud": "the vendor’s cloud, as the camera does not reach this hub", "way.push.where": "Run on the hub’s machine, it shows the address: casement camera {id} --push-address", "way.mjpeg": "MJPEG", "way.jpeg": "single pictures", "way.file": "a file", "way.test": "a test picture",

  // The copy deck of page.md §4: what each reason code says, and what to do about it (step 1, 2, 3).
  "reason.session-ended": "{vendor} signed us out.", "reason.code-needed": "{vendor} sent a code to {hint}.", "reason.wrong-password": "{vendor} did not accept the password.",
  "reason.pictures-only": "{vendor} gives single pictures of it, no video.", "reason.wrong-code": "{vendor} did not accept the code.", "reason.not-signed-in": "Nobody has signed in to {vendor} yet.", "reason.account-refused": "{vendor} does not let this account in.",
  "reason.vendor-down": "{vendor} does not answer; your sign-in is fine.", "reason.quota": "{vendor} allows no more questions until {time}.",
  "reason.never-called": "It has not called this hub yet.", "reason.no-route": "It does not answer on the network.", "reason.refused": "It answers, but not on port {port}.", "reason.refused.plain": "It answers, but refuses the connection.", "reason.clock": "Its clock is {off} off.", "reason.clock.plain": "Its clock is off.",
  "reason.hub-unreachable": "The camera cannot find this hub at {address}.", "reason.hub-unreachable.plain": "The camera cannot find this hub.", "reason.seats-full": "Both seats of the camera are taken, one perhaps by the phone app.",
  "reason.busy": "Somebody else holds its one stream.", "reason.battery-empty": "Its battery is empty.", "reason.off": "It is switched off.",
  "reason.stalled": "Connected, but nothing arrives.", "reason.no-keyframe": "Waiting for a whole picture.", "reason.codec": "It sends {codec}, which cannot be read.", "reason.codec.plain": "It sends a format that cannot be read.",
  "reason.disk-full": "The disk is full: recording stopped at {time}.", "reason.disk-slow": "The disk is too slow: recording has holes.", "reason.port-taken": "Another program on this machine holds its port.",
  "reason.screen-codec": "This browser cannot play {codec}; pictures instead of video.", "reason.screen-network": "Your own connection is slow: pictures instead of video.", "reason.hub-gone": "The hub does not answer.",
  "reason.who": "The camera",
  "step.never-called.1": "Join it to the network whose base this hub is, and switch it on.", "step.never-called.2": "Compare the serial number in the configuration with the one on the camera.",
  "step.no-route.1": "Look whether its light is on. If not, check the plug.", "step.no-route.2": "Light on? Restart it, and wait one minute.", "step.no-route.3": "Did it get a new address? Give it a fixed one in the router, then write that address into the configuration.",
  "step.refused.1": "Look in the camera’s own settings whether RTSP is switched on.", "step.refused.2": "Compare the port in the configuration with the one the camera shows.",
  "step.wrong-password.1": "Compare name and password in the configuration with those in the camera.", "step.wrong-password.2": "Some cameras have a password of their own for RTSP. Look for it in the maker’s app.", "step.wrong-password.3": "After several wrong tries a camera may refuse everybody for a while. Wait ten minutes.",
  "step.stalled.1": "Wait half a minute: most cameras come back by themselves.", "step.stalled.2": "If not, restart the camera.", "step.no-keyframe.1": "Set the key frame interval in the camera to one or two seconds.",
  "step.codec.1": "Set the camera to H.264 or H.265.", "step.disk-full.1": "Free space on the disk, or let older recordings go sooner (max_size, keep).", "step.disk-slow.1": "Look whether something else is busy on the same disk.", "step.port-taken.1": "End the other program, or choose another port in the configuration.",
  "step.clock.1": "Switch on network time in the camera’s settings.", "step.seats-full.1": "Close the maker’s app on phones that watch this camera.", "step.busy.1": "Close other programs that watch this camera.",
};

const pseudo = (s) => `[${s.replace(/[aeiou](?![^{]*})/g, (c) => ({ a: "áa", e: "éé", i: "íi", o: "óo", u: "úu" })[c])}]`;
export const has = (key) => key in en;
/** The sentence for `key` with {names} filled in. */
export function t(key, values = {}) {
  const s = en[key] ?? key;
  return (lang === "pseudo" ? pseudo(s) : s).replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
}
/** The same with a number that decides the form: `key.one`, `key.other`. */
/** The largest fitting unit, rounded down: "42 s", "18 min", "3 h", "12 days". */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), [unit, n] = s < 60 ? ["s", s] : s < 3600 ? ["min", s / 60] : s < 2 * 86400 ? ["h", s / 3600] : ["days", s / 86400];
  return t(`span.${unit}`, { n: number(Math.floor(n), 0) });
}
export const tn = (key, n, values = {}) => t(`${key}.${has(`${key}.${plural(n)}`) ? plural(n) : "other"}`, { n, ...values });
