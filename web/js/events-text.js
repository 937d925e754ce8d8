// Events as the page speaks of them: four kinds with a shape each, and the rest.
import { has, t } from "./strings.js";

const kLooks = { motion: "motion", person: "person", sound: "sound", cry: "sound", button: "bell" };
/** The shape an event has on the time line. */
export const look = (kind) => kLooks[kind] ?? "other";
/** Something seen or heard, rather than a fact about the hub's own work. */
export const shows = (event) => event.kind in kLooks;
export const kindWords = (kind) => t(has(`event.${kind}`) ? `event.${kind}` : "event.other");
