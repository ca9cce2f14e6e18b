import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelServer, type ScriptStep, scriptedCallId, startModelServer } from "./model-server.ts";
import { run } from "./process-tree.ts";

/** How OpenClaw finds a plugin and what it is told. */
export interface PluginSetup {
  readonly id: string;
  /** Folder with `openclaw.plugin.json`. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface TurnOptions {
  /** Folder with OpenClaw in its `node_modules`. */
  readonly install: string;
  /** Empty folder of this turn; everything OpenClaw writes stays in it. */
  readonly folder: string;
  readonly script: (places: Places) => readonly ScriptStep[];
  /** In the order in which OpenClaw is told of them. */
  readonly plugins: readonly PluginSetup[];
}

/** Folders of one turn. */
export interface Places {
  readonly workspace: string;
  readonly state: string;
  readonly configFile: string;
}

export interface TurnResult {
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly seconds: number;
  readonly peakMemoryMiB: number | null;
  readonly stderr: string;
  /** Answers the model gave; 0: the host never got as far as asking. */
  readonly requests: number;
  /** What the model was told about call `index` of step `step`; null: nothing. */
  told(step: number, index: number): string | null;
}

const TURN_TIMEOUT_MS = 180_000;

/** Runs one turn of a real OpenClaw agent, alone in its folder, against a scripted model. */
export async function runTurn(options: TurnOptions): Promise<TurnResult> {
  const places = makePlaces(options.folder);
  const model = await startModelServer(options.script(places));
  try {
    writeFileSync(places.configFile, JSON.stringify(hostConfig(places, model, options.plugins), null, 2));
    const entry = join(options.install, "node_modules", "openclaw", "openclaw.mjs");
    // A session of its own: the script begins with an empty conversation.
    const session = randomUUID();
    const args = [
      "agent",
      "--local",
      "--agent",
      "main",
      "--session-id",
      session,
      "--message",
      "please begin",
      "--json",
    ];
    const result = await run(process.execPath, [entry, ...args], {
      cwd: places.workspace,
      env: hostEnvironment(options.folder, places),
      timeoutMs: TURN_TIMEOUT_MS,
    });
    writeFileSync(join(options.folder, "stdout.txt"), result.stdout);
    writeFileSync(join(options.folder, "stderr.txt"), result.stderr);
    const told = new Map(model.toolMessages);
    return {
      code: result.code,
      timedOut: result.timedOut,
      seconds: result.seconds,
      peakMemoryMiB: result.peakMemoryMiB,
      stderr: result.stderr,
      requests: model.requests,
      told: (step, index) => told.get(scriptedCallId(step, index)) ?? null,
    };
  } finally {
    await model.close();
  }
}

/** The folders of a turn; made here, so that a case may put files there first. */
export function makePlaces(folder: string): Places {
  const places = {
    workspace: join(folder, "workspace"),
    state: join(folder, "state"),
    configFile: join(folder, "openclaw.json"),
  };
  for (const path of [places.workspace, places.state, join(folder, "home")])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  return places;
}

function hostConfig(places: Places, model: ModelServer, plugins: readonly PluginSetup[]): object {
  return {
    models: {
      mode: "replace",
      providers: {
        scripted: {
          baseUrl: model.baseUrl,
          apiKey: "none",
          api: "openai-completions",
          models: [
            {
              id: "scripted",
              name: "scripted",
              reasoning: false,
              input: ["text"],
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: 128_000,
              maxTokens: 4096,
            },
          ],
        },
      },
    },
    agents: { defaults: { model: { primary: "scripted/scripted" }, workspace: places.workspace, skipBootstrap: true } },
    tools: { toolSearch: false },
    plugins: {
      enabled: true,
      slots: { memory: "none" },
      allow: plugins.map(({ id }) => id),
      load: { paths: plugins.map(({ folder }) => folder) },
      entries: Object.fromEntries(plugins.map(({ id, config }) => [id, { enabled: true, config }])),
    },
  };
}

/** Nothing of the user's environment but PATH: no keys, no settings, no state. */
function hostEnvironment(folder: string, places: Places): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: join(folder, "home"),
    TMPDIR: process.env["TMPDIR"],
    OPENCLAW_STATE_DIR: places.state,
    OPENCLAW_CONFIG_PATH: places.configFile,
    OPENCLAW_DISABLE_BONJOUR: "1",
  };
}
