import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { type HostConfig, hostEnvironment, type Places } from "../host-config.ts";
import { start, type StartedProcess } from "../process-tree.ts";

/** A running `openclaw gateway`. */
export interface Gateway {
  readonly process: StartedProcess;
  /** One turn of an agent, over the gateway's HTTP interface. Resolves when the turn is over. */
  turn(session: string, message: string): Promise<HttpAnswer>;
  /** `POST /tools/invoke`. */
  invoke(session: string, tool: string, args: Readonly<Record<string, unknown>>): Promise<HttpAnswer>;
  /** Everything it logged. */
  readonly log: string;
  /** Asks it to end, waits a little, kills the rest. */
  stop(): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface GatewayOptions {
  /** Folder with OpenClaw in its `node_modules`. */
  readonly install: string;
  readonly folder: string;
  readonly places: Places;
  /** Everything but the `gateway` section. */
  readonly config: HostConfig;
}

// The machine may be busy with other things; measured alone: 21–35 s.
const READY_MS = 300_000;
const ANSWER_MS = 180_000;
const STOP_MS = 10_000;

/** Starts a gateway on a free loopback port and waits until it answers. */
export async function startGateway({ install, folder, places, config }: GatewayOptions): Promise<Gateway> {
  const port = await freePort();
  const token = randomBytes(16).toString("hex");
  const gateway = {
    mode: "local",
    port,
    bind: "loopback",
    auth: { mode: "token", token },
    reload: { mode: "off" },
    // `exec` is off over HTTP by default; a user can turn it on, so the cases do.
    tools: { allow: ["exec"] },
    http: { endpoints: { chatCompletions: { enabled: true } } },
  };
  writeFileSync(places.configFile, JSON.stringify({ ...config, gateway }, null, 2));
  const entry = join(install, "node_modules", "openclaw", "openclaw.mjs");
  const running = start(process.execPath, [entry, "gateway", "run"], {
    cwd: places.workspace,
    env: hostEnvironment(folder, places),
  });

  const post = async (path: string, body: object, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: response.status, body: await response.text() };
  };
  const log = (): string => running.stdout + running.stderr;
  const stop = async (): Promise<void> => {
    if (running.pid > 0 && !running.ended) process.kill(running.pid, "SIGTERM");
    await Promise.race([running.exit.catch(() => null), sleep(STOP_MS, null, { ref: false })]);
    running.kill();
    writeFileSync(join(folder, "gateway.log"), log());
  };

  try {
    await ready(running, `http://127.0.0.1:${port}/healthz`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    process: running,
    turn: (session, message) =>
      post(
        "/v1/chat/completions",
        { model: "openclaw", messages: [{ role: "user", content: message }] },
        { "x-openclaw-session-key": session },
      ),
    invoke: (session, tool, args) => post("/tools/invoke", { tool, args, sessionKey: session }, {}),
    get log() {
      return log();
    },
    stop,
  };
}

async function ready(running: StartedProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (running.ended) break;
    // It answers for its health a moment before it opens its doors, and drops the connections of before.
    if (running.stdout.includes("http server listening") && (await answers(url))) return;
    await sleep(250);
  }
  const last = (running.stdout + running.stderr).trim().split("\n").slice(-8).join("\n  ");
  throw new Failure(`the gateway did not become ready:\n  ${last}`);
}

/** Asks over a connection of its own, which no later request can inherit. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
