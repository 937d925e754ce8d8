// Numbers, dates and spans as the reader's language writes them. The hub's zone rules; words come from strings.js.

const q = new URLSearchParams(globalThis.location?.search);
export const lang = q.get("lang") || "en";
const kLocale = lang === "pseudo" || lang === "en" ? "en-GB" : lang;
let zone; // undefined = the reader's own
const cache = new Map();
function format(name, options) {
  const key = name + (zone ?? "");
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(kLocale, { ...options, timeZone: zone }));
  return cache.get(key);
}
/** The hub's zone ("Europe/Vienna"); a name this browser does not know is ignored. */
export function useZone(name) {
  try { new Intl.DateTimeFormat("en", { timeZone: name }); zone = name || undefined; } catch { zone = undefined; }
}
/** True when the hub's clock shows another hour than the reader's. */
export const foreignZone = (at = Date.now()) => Boolean(zone) && parts(at).hour !== new Date(at).getHours();

export const time = (ms, seconds) => format(seconds ? "hms" : "hm", { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }) }).format(ms);
export const date = (ms) => format("date", { weekday: "long", day: "numeric", month: "long" }).format(ms);
export const shortDate = (ms) => format("short", { day: "numeric", month: "short" }).format(ms);
/** "21:18" today, "19 Nov, 21:18" otherwise. */
export const moment = (ms) => (dayStart(ms) === dayStart(Date.now()) ? time(ms) : `${shortDate(ms)}, ${time(ms)}`);
export const percent = (n) => new Intl.NumberFormat(kLocale, { style: "percent" }).format(n / 100);
export const number = (n, digits = 1) => new Intl.NumberFormat(kLocale, { maximumFractionDigits: digits }).format(n);
export const plural = (n) => new Intl.PluralRules(kLocale).select(n);
export const list = (words) => new Intl.ListFormat(kLocale, { type: "conjunction" }).format(words);
export function bytes(n) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return new Intl.NumberFormat(kLocale, { style: "unit", unit: units[i], maximumFractionDigits: n < 10 && i > 1 ? 1 : 0 }).format(n);
}

function parts(ms) {
  const p = Object.fromEntries(format("parts", { hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(ms).map((x) => [x.type, Number(x.value)]));
  return p;
}
const zoneOffset = (ms) => { const p = parts(ms); return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(ms / 1000) * 1000; };
/** The moment a wall clock in the hub's zone shows this. Two rounds settle a change between summer and winter. */
function fromWall(utc) {
  let ms = utc - zoneOffset(utc);
  ms = utc - zoneOffset(ms);
  return ms;
}
export function dayStart(ms) { const p = parts(ms); return fromWall(Date.UTC(p.year, p.month - 1, p.day)); }
/** Start of the day `n` days away; days of 23 and 25 hours included. */
export function addDays(ms, n) { const p = parts(ms); return fromWall(Date.UTC(p.year, p.month - 1, p.day + n)); }
/** "2026-11-20", the form of a date field. */
export function dayText(ms) { const p = parts(ms); return `${p.year}-${String(p.month).padStart(2, "0")}-${String(p.day).padStart(2, "0")}`; }
export function dayFromText(text) { const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text); return m ? fromWall(Date.UTC(+m[1], m[2] - 1, +m[3])) : NaN; }
/** Reads `?t=`: an ISO moment, or "20:31" / "20:31:05" of today. */
export function readMoment(text) {
  const m = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text ?? "");
  if (m) return dayStart(Date.now()) + ((+m[1] * 60 + +m[2]) * 60 + (+m[3] || 0)) * 1000;
  return Date.parse(text);
}
