import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { cephConf, keyring } from "./config.ts";
import { ensureCeph } from "./install.ts";
import { Keeper } from "./keeper.ts";

const run = promisify(execFile);

export { cephUnavailable, isDebianRoot } from "./install.ts";

export interface S3User {
  readonly name: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** How a bucket policy names this user. */
  readonly arn: string;
}

export interface CephServer {
  readonly endpoint: string;
  readonly region: string;
  /** Of the user `owner`, who makes the buckets. */
  readonly accessKey: string;
  readonly secretKey: string;
  /** By name; further ones have no right that no bucket policy gives them. */
  readonly users: Readonly<Record<string, S3User>>;
  /** `16.2.15`. */
  readonly version: string;
  /** The temporary folder of everything. */
  readonly root: string;
  /** An outage: the gateway is killed, what it stored stays. */
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  restart(): Promise<void>;
  /** Runs `radosgw-admin`: what somebody below the S3 interface can do. */
  admin(...args: readonly string[]): Promise<string>;
  /** Ends all and removes its data. */
  stop(): Promise<void>;
}

export interface CephOptions {
  /** Users beside `owner` (default: one, `writer`). */
  readonly users?: readonly string[];
}

/** How long a daemon may take to answer on a busy machine. */
const PATIENCE_MS = 60_000;

/**
 * A Ceph gateway of its own with new data, in a temporary folder and on random ports of the
 * loopback address. It ends with this process, however that ends; installs Ceph where that is
 * possible (Debian, root).
 * @throws Error if Ceph cannot be had here or does not start
 */
export async function startCeph(options: CephOptions = {}): Promise<CephServer> {
  ensureCeph();
  const root = mkdtempSync(join(tmpdir(), "proclaw-ceph-"));
  const cluster = new Cluster(root);
  try {
    await cluster.start(["owner", ...(options.users ?? ["writer"])]);
    return cluster;
  } catch (error) {
    const logs = cluster.logs();
    await cluster.stop();
    throw new Error(`Ceph did not start: ${error instanceof Error ? error.message : String(error)}\n${logs}`, {
      cause: error,
    });
  }
}

class Cluster implements CephServer {
  readonly region: string = "us-east-1";
  readonly root: string;
  readonly #conf: string;
  readonly #daemons: Keeper[] = [];
  #gateway: Keeper | null = null;
  #port = 0;
  #users: Readonly<Record<string, S3User>> = {};
  #version = "";

  constructor(root: string) {
    this.root = root;
    this.#conf = join(root, "ceph.conf");
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get users(): Readonly<Record<string, S3User>> {
    return this.#users;
  }

  get accessKey(): string {
    return this.#users["owner"]?.accessKey ?? "";
  }

  get secretKey(): string {
    return this.#users["owner"]?.secretKey ?? "";
  }

  get version(): string {
    return this.#version;
  }

  async start(names: readonly string[]): Promise<void> {
    const { root } = this;
    const fsid = randomUUID();
    const monitorPort = await freePort();
    for (const folder of ["run", "mon", "osd", "rgw"]) mkdirSync(join(root, folder));
    writeFileSync(this.#conf, cephConf({ root, fsid, monitorPort }));
    writeFileSync(join(root, "keyring"), keyring(), { mode: 0o600 });
    await this.#run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v2:127.0.0.1:${monitorPort}]`, "monmap");
    await this.#run("osdmaptool", "osdmap", "--createsimple", "1");
    const maps = ["--monmap", "monmap", "--osdmap", "osdmap", "--keyring", "keyring"];
    const both = [
      this.#run("ceph-mon", "-i", "a", "--mkfs", ...maps, "-c", this.#conf),
      this.#run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", randomUUID(), "--no-mon-config", "-c", this.#conf),
    ];
    await Promise.all(both);
    this.#daemons.push(this.#daemon("mon", "ceph-mon", "-i", "a", "-f", "-c", this.#conf));
    this.#daemons.push(this.#daemon("osd", "ceph-osd", "-i", "0", "-f", "-c", this.#conf));
    await this.startGateway();
    this.#version = /ceph version (\S+)/.exec(await this.#run("radosgw", "--version"))?.[1] ?? "unknown";
    this.#users = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await this.#createUser(name)])),
    );
  }

  async #createUser(name: string): Promise<S3User> {
    const accessKey = randomBytes(10).toString("hex").toUpperCase();
    const secretKey = randomBytes(20).toString("hex");
    const keys = ["--access-key", accessKey, "--secret-key", secretKey];
    await this.admin("user", "create", "--uid", name, "--display-name", name, ...keys);
    return { name, accessKey, secretKey, arn: `arn:aws:iam:::user/${name}` };
  }

  async startGateway(): Promise<void> {
    if (this.#gateway !== null) return;
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      const port = this.#port === 0 ? await freePort() : this.#port;
      const frontend = `beast endpoint=127.0.0.1:${port}`;
      const gateway = this.#daemon(
        "rgw",
        "radosgw",
        "-f",
        "-n",
        "client.rgw",
        "-c",
        this.#conf,
        "--rgw-frontends",
        frontend,
      );
      if (await answers(port, gateway, deadline)) {
        this.#gateway = gateway;
        this.#port = port;
        return;
      }
      // Somebody else may have taken a port that was free a moment ago.
      await gateway.end("KILL");
    }
    throw new Error("the gateway does not answer");
  }

  async stopGateway(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = null;
    await gateway?.end("KILL");
  }

  async restart(): Promise<void> {
    await this.stopGateway();
    await this.startGateway();
  }

  async admin(...args: readonly string[]): Promise<string> {
    return this.#run("radosgw-admin", "-c", this.#conf, ...args);
  }

  async stop(): Promise<void> {
    await this.stopGateway();
    await Promise.all(this.#daemons.splice(0).map((daemon) => daemon.end("KILL")));
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The last lines of the daemons' logs. */
  logs(): string {
    return ["mon", "osd", "rgw"].map((name) => `${name}: ${tail(join(this.root, `${name}.out`))}`).join("\n");
  }

  #daemon(name: string, ...command: readonly string[]): Keeper {
    return new Keeper(command, join(this.root, `${name}.out`), this.root);
  }

  async #run(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(program, args, { cwd: this.root, timeout: PATIENCE_MS });
    return stdout;
  }
}

async function answers(port: number, gateway: Keeper, deadline: number): Promise<boolean> {
  while (Date.now() < deadline && gateway.isRunning) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      await response.arrayBuffer();
      return true;
    } catch {
      await sleep(20);
    }
  }
  return false;
}

function tail(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-1000).trim();
  } catch {
    return "never ran";
  }
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
