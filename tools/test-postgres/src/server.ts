import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { findBinaries, provideBinaries } from "./binaries.ts";

export interface TestServerOptions {
  /** Server settings, as `-c name=value` would give them. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Majors that the tests run on. */
export const MAJORS: readonly number[] = [15, 18];

/** PostgreSQL refuses to run as root; this is the number of `nobody` on every system. */
const UNPRIVILEGED = 65_534;

/**
 * A PostgreSQL server of its own: new data, a random port of the loopback address, a superuser
 * `postgres` with a random password. It ends with this process, however that ends.
 */
export class TestServer {
  readonly major: number;
  readonly host: string = "127.0.0.1";
  readonly superuser: string = "postgres";
  readonly password: string = randomBytes(12).toString("hex");
  readonly #root: string;
  readonly #programs: string;
  readonly #settings: Readonly<Record<string, string>>;
  #port = 0;
  #keeper: ChildProcess | null = null;

  private constructor(major: number, root: string, programs: string, settings: Readonly<Record<string, string>>) {
    this.major = major;
    this.#root = root;
    this.#programs = programs;
    this.#settings = settings;
  }

  get port(): number {
    return this.#port;
  }

  /** Folder of the data, for attacks below the server. */
  get dataFolder(): string {
    return join(this.#root, "data");
  }

  /** Folder of the programs; `pg_dump` and `psql` are there only in a system's installation. */
  get programs(): string {
    return this.#programs;
  }

  /** @throws Error if this platform has no server of that major version */
  static async start(major: number, options: TestServerOptions = {}): Promise<TestServer> {
    const binaries = findBinaries(major);
    if (binaries === null) throw new Error(noServer(major));
    const root = mkdtempSync(join(tmpdir(), "proclaw-pg-"));
    try {
      chmodSync(root, 0o755);
      const programs = provideBinaries(binaries, root);
      // The whole folder: whoever runs the server must be able to remove it after us.
      if (isRoot()) spawnSync("chown", ["-R", `${UNPRIVILEGED}:${UNPRIVILEGED}`, root]);
      const server = new TestServer(major, root, programs, options.settings ?? {});
      server.#initialize();
      await server.start();
      return server;
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
  }

  #initialize(): void {
    const passwordFile = join(this.#root, "password");
    writeFileSync(passwordFile, this.password, { mode: 0o600 });
    if (isRoot()) chownSync(passwordFile, UNPRIVILEGED, UNPRIVILEGED);
    const args = ["-D", this.dataFolder, "-U", this.superuser, `--pwfile=${passwordFile}`, "--no-sync"];
    args.push("-E", "UTF8", "--locale=C", "--auth=scram-sha-256");
    const { status, stderr } = spawnSync(join(this.#programs, "initdb"), args, {
      ...lowered(this.#root),
      encoding: "utf8",
    });
    rmSync(passwordFile, { force: true });
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  }

  /** Starts the server, again after {@link crash} or {@link stop}; the port stays. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const port = this.#port === 0 ? await freePort() : this.#port;
      try {
        await this.#launch(port);
        this.#port = port;
        return;
      } catch (error) {
        // Somebody else may have taken a port that was free a moment ago.
        if (attempt === 5) throw error;
      }
    }
  }

  async #launch(port: number): Promise<void> {
    const settings = {
      listen_addresses: this.host,
      port: String(port),
      unix_socket_directories: "",
      max_connections: "150",
      shared_buffers: "32MB",
      logging_collector: "off",
      ...this.#settings,
    };
    const log = join(this.#root, "log");
    const command = [join(this.#programs, "postgres"), "-D", this.dataFolder];
    for (const [name, value] of Object.entries(settings)) command.push("-c", `${name}=${value}`);
    const keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", this.#root, log, ...command], {
      ...lowered(this.#root),
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#keeper = keeper;
    keeper.stdin?.on("error", () => undefined);
    const exited = once(keeper, "exit");
    for (let waited = 0; ; waited += 10) {
      if (this.#isReady()) break;
      if (keeper.exitCode !== null || keeper.signalCode !== null || waited > 60_000) {
        keeper.stdin?.write("keep\n");
        keeper.stdin?.end();
        await exited;
        this.#keeper = null;
        throw new Error(`PostgreSQL ${this.major} did not start: ${readFileSync(log, "utf8").slice(-2000)}`);
      }
      await sleep(10);
    }
    // The keeper must not keep this process alive; when we end, its input ends.
    keeper.unref();
    (keeper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  /** The postmaster says so in the eighth line of its pid file. */
  #isReady(): boolean {
    try {
      const lines = readFileSync(join(this.dataFolder, "postmaster.pid"), "utf8").split("\n");
      return ["ready", "standby"].includes((lines[7] ?? "").trim());
    } catch {
      return false;
    }
  }

  #postmaster(): number {
    return Number(readFileSync(join(this.dataFolder, "postmaster.pid"), "utf8").split("\n")[0]);
  }

  /** Kills the server as a failing machine would (SIGKILL); {@link start} brings it back with its data. */
  async crash(): Promise<void> {
    const pid = this.#postmaster();
    process.kill(pid, "SIGKILL");
    await this.#endKeeper("keep");
    // Its children notice by themselves; a new postmaster refuses while one is attached to the memory.
    const pidFile = join(this.dataFolder, "postmaster.pid");
    if (existsSync(pidFile)) rmSync(pidFile);
  }

  /** Makes it a replica that hears of no primary: it answers questions and takes no writes, until it is promoted. */
  async becomeReplica(): Promise<void> {
    await this.crash();
    const signal = join(this.dataFolder, "standby.signal");
    writeFileSync(signal, "");
    if (isRoot()) chownSync(signal, UNPRIVILEGED, UNPRIVILEGED);
    await this.start();
  }

  async promote(): Promise<void> {
    await this.run("SELECT pg_promote()");
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.#endKeeper("remove");
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #endKeeper(what: "keep" | "remove"): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === null) return;
    this.#keeper = null;
    keeper.ref();
    const exited = once(keeper, "exit");
    keeper.stdin?.end(`${what}\n`);
    await exited;
  }

  /** A URL for a user of this server; the superuser's without arguments. */
  url(database: string = "postgres", user: string = this.superuser, password: string = this.password): string {
    return `postgres://${user}:${password}@${this.host}:${this.#port}/${database}`;
  }

  /** Makes a new database and returns its name. */
  async createDatabase(prefix: string = "test"): Promise<string> {
    const name = `${prefix}_${randomBytes(6).toString("hex")}`;
    await this.run(`CREATE DATABASE ${name}`);
    return name;
  }

  /** Runs SQL as the superuser. */
  async run(sql: string, database?: string): Promise<readonly Record<string, unknown>[]> {
    return await this.runAs(this.url(database), sql);
  }

  /** Runs SQL as the user of a URL; of several statements, the last one's rows are the answer. */
  async runAs(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const answer = (await client.query(sql)) as unknown;
      const last = (Array.isArray(answer) ? answer.at(-1) : answer) as { rows: Record<string, unknown>[] };
      return last.rows;
    } finally {
      await client.end();
    }
  }
}

/**
 * Starts the server and ends it when the input ends, which is when whoever started it ends. A shell
 * of its own process group: an interrupt of the terminal must not reach it first.
 */
const KEEPER = `
root=$1; log=$2; shift 2
"$@" >>"$log" 2>&1 </dev/null &
server=$!
what=remove
read -r what || what=remove
kill -QUIT $server 2>/dev/null
wait $server
cd /
if [ "$what" = remove ]; then rm -rf "$root"; fi
`;

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** How programs of the server run: not as root, in a folder they may read, without our environment. */
function lowered(cwd: string): { cwd: string; env: Record<string, string>; uid?: number; gid?: number } {
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  return isRoot() ? { cwd, env, uid: UNPRIVILEGED, gid: UNPRIVILEGED } : { cwd, env };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Why tests that need this server cannot run here. */
export function noServer(major: number): string {
  return (
    `PostgreSQL ${major} is neither installed nor on npm for ${process.platform}-${process.arch}: ` +
    "install it, so that `initdb` and `postgres` are on the PATH"
  );
}

/** Whether a missing server is a failure: on Debian as root everything can be installed. */
export function mustHaveServers(): boolean {
  return isRoot() && existsSync("/etc/debian_version");
}
