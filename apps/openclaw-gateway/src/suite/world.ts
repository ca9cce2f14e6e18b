import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Gateway, startGateway } from "../gateway/gateway.ts";
import { hostConfig, makePlaces, type Places, type PluginSetup } from "../host-config.ts";
import { type ModelServer, requestScript, type ScriptStep, startModelServer } from "../model-server.ts";
import { markerPath, suitePolicy } from "./policy.ts";

const FIXTURES = join(import.meta.dirname, "..", "..", "fixtures");

/** A gateway, its model, and the folders of both. */
export interface World {
  readonly places: Places;
  readonly gateway: Gateway;
  readonly model: ModelServer;
  /** ProClaw's settings; null: this world is without ProClaw. */
  readonly settings: ProclawSettings | null;
  /** A turn of the agent in the session of script `id`. */
  play(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface ProclawSettings {
  readonly policyFile: string;
  readonly stateDir: string;
  readonly trailDir: string;
  readonly deadlineMs: number;
  readonly unobservedAfterMs: number;
}

export interface WorldOptions {
  readonly folder: string;
  /** Folder with OpenClaw in its `node_modules`. */
  readonly openclaw: string;
  /** Folder of ProClaw's plugin; null: without ProClaw. */
  readonly plugin: string | null;
  readonly scripts: (workspace: string) => ReadonlyMap<string, readonly ScriptStep[]>;
  /** Default: the policy of the suite. */
  readonly policy?: string;
  /** Default: inside `folder`. */
  readonly trail?: string;
  /** Default: 20 000. */
  readonly deadlineMs?: number;
  /** Default: 90 000. */
  readonly unobservedAfterMs?: number;
}

/** Starts a gateway with the misbehaving neighbor, the MCP server and, if `plugin` is given, ProClaw. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { folder, openclaw, plugin } = options;
  mkdirSync(folder, { recursive: true });
  const places = makePlaces(folder);
  const { workspace } = places;
  writeFileSync(join(workspace, "card.txt"), "the card is 4111 1111 1111 1111, thank you\n");
  for (const name of ["at.txt", "plan.docx"]) writeFileSync(join(workspace, name), "the plan for ward 7\n");
  const model = await startModelServer(options.scripts(workspace));
  const settings: ProclawSettings | null =
    plugin === null
      ? null
      : {
          policyFile: join(folder, "policy.yaml"),
          stateDir: join(folder, "proclaw"),
          trailDir: options.trail ?? join(folder, "proclaw", "trail"),
          // Far more than a decision needs: this also runs on machines that are busy with other things.
          deadlineMs: options.deadlineMs ?? 20_000,
          unobservedAfterMs: options.unobservedAfterMs ?? 90_000,
        };
  const plugins: PluginSetup[] = [
    {
      id: "neighbor",
      folder: join(FIXTURES, "neighbor"),
      config: { folder: workspace },
      // For the hook that hangs; 15 s by default.
      hooks: { timeouts: { before_tool_call: 5_000 } },
    },
  ];
  if (plugin !== null && settings !== null) {
    writeFileSync(settings.policyFile, options.policy ?? suitePolicy(workspace));
    plugins.unshift({ id: "proclaw", folder: plugin, config: { ...settings } });
  }
  const config = {
    ...hostConfig(places, model.baseUrl, plugins),
    // The default of OpenClaw: most tools are called through `tool_call`.
    tools: {},
    mcp: { servers: { ward: { command: process.execPath, args: [join(FIXTURES, "mcp-server.mjs")] } } },
  };
  try {
    const gateway = await startGateway({ install: openclaw, folder, places, config });
    return {
      places,
      gateway,
      model,
      settings,
      play: async (id) => {
        const { status, body } = await gateway.turn(sessionKey(id), requestScript(id));
        if (status !== 200) throw new Error(`the gateway answered ${status} to a turn: ${body.slice(0, 500)}`);
      },
      close: async () => {
        await gateway.stop();
        await model.close();
      },
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

export function sessionKey(id: string): string {
  return `agent:main:${id}`;
}

/** `value` with every `MARKER` in its strings replaced. */
export function withMarker<T>(value: T, workspace: string, id: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll("MARKER", markerPath(workspace, id))) as T;
}
