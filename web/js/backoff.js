// Waiting between tries: half a second, doubling to fifteen, with jitter so that twenty tiles do not knock together.

const kFirstMs = 500, kLongestMs = 15_000;

export class Backoff {
  #step = 0; #timer = 0; #run = null;
  /** When the next try is due (ms since epoch), 0 when none is planned. */
  nextTry = 0;
  /** `random` in [0,1): the wait is between 75 % and 100 % of the step. */
  delay(random = Math.random()) { return Math.min(kLongestMs, kFirstMs * 2 ** this.#step) * (0.75 + 0.25 * random); }
  plan(run) {
    this.cancel();
    const wait = this.delay();
    this.#step = Math.min(this.#step + 1, 10); this.#run = run; this.nextTry = Date.now() + wait;
    this.#timer = setTimeout(() => this.now(), wait);
  }
  /** Tries at once if a try is planned. */
  now() { const run = this.#run; this.cancel(); run?.(); }
  cancel() { clearTimeout(this.#timer); this.#run = null; this.nextTry = 0; }
  reset() { this.#step = 0; }
}
