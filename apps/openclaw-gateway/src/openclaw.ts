import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostConfig, hostEnvironment, makePlaces, type Places, type PluginSetup } from "./host-config.ts";
import { type ScriptStep, scriptedCallId, startModelServer } from "./model-server.ts";
import { run } from "./process-tree.ts";

export interface TurnOptions {
  /** Folder with OpenClaw in its `node_modules`. */
  readonly install: string;
  /** Empty folder of this turn; everything OpenClaw writes stays in it. */
  readonly folder: string;
  readonly script: (places: Places) => readonly ScriptStep[];
  /** In the order in which OpenClaw is told of them. */
  readonly plugins: readonly PluginSetup[];
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
    writeFileSync(places.configFile, JSON.stringify(hostConfig(places, model.baseUrl, options.plugins), null, 2));
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
