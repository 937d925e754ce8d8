// A hub with its own folder and its own ports on 127.0.0.1, for end-to-end tests in JavaScript. Node's own modules only.
// CASEMENT names the binary.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const kRoot = fileURLToPath(new URL("../..", import.meta.url));
const kBinary = process.env.CASEMENT ?? join(kRoot, "build/release/casement");

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export async function waitUntil(what, condition, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export class House {
  /** command: "serve", or "demo" for the emulated cameras beside those of `config`; config: lines of YAML. */
  constructor({ command = "serve", config = "", env = {} } = {}) {
    this.dir = mkdtempSync(join(tmpdir(), "casement-e2e."));
    this.command = command; this.config = config;
    // The page of this source tree, also when the binary lies elsewhere.
    this.env = { ...process.env, NO_COLOR: "1", CASEMENT_WEB: join(kRoot, "web"), ...env };
  }
  async start() {
    const [http, rtsp, rtmp] = [await freePort(), await freePort(), await freePort()], file = join(this.dir, "casement.yaml");
    writeFileSync(file, [`data: ${join(this.dir, "data")}`, `http: {listen: "127.0.0.1:${http}", tls: auto}`, `rtsp: {listen: "127.0.0.1:${rtsp}"}`,
      `rtmp: {listen: "127.0.0.1:${rtmp}"}`, this.config, ""].join("\n"));
    this.port = http;
    const log = openSync(join(this.dir, "hub.log"), "a");
    this.process = spawn(kBinary, ["-c", file, this.command], { stdio: ["ignore", log, log], env: this.env });
    closeSync(log);
    this.ended = new Promise((done) => {
      this.process.on("error", (error) => done({ error }));
      this.process.on("exit", (code, signal) => done({ code, signal }));
    });
    this.ended.then((how) => { this.how = how; });
    const printed = await waitUntil("the hub says where it is", () => {
      if (this.how) throw new Error(`the hub ended: ${this.how.error?.message ?? this.how.signal ?? this.how.code}\n${this.log().slice(-3000)}`);
      return /Casement is at (\S+)[\s\S]*\(SHA-256\): ([0-9A-F:]+)[\s\S]*with the code (\S+)\n/.exec(this.log());
    });
    [, this.url, this.fingerprint, this.code] = printed;
    return this;
  }
  log() { return readFileSync(join(this.dir, "hub.log"), "utf8"); }
  /** Asks it to end. {code, signal, seconds}; killed when it does not. */
  async stop(seconds = 15) {
    if (!this.process) return { code: 0 };
    const before = Date.now();
    this.process.kill("SIGTERM");
    const impatient = setTimeout(() => this.process.kill("SIGKILL"), seconds * 1000), how = await this.ended;
    clearTimeout(impatient);
    return { ...how, seconds: (Date.now() - before) / 1000 };
  }
  forget() { rmSync(this.dir, { recursive: true, force: true }); }
}
