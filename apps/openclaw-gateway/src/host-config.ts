import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** How OpenClaw finds a plugin and what it is told. */
export interface PluginSetup {
  readonly id: string;
  /** Folder with `openclaw.plugin.json`. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly hooks?: { readonly timeouts: Readonly<Record<string, number>> };
}

/** Folders of one turn. */
export interface Places {
  readonly workspace: string;
  readonly state: string;
  readonly configFile: string;
}

export type HostConfig = Readonly<Record<string, unknown>>;

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

/** A configuration without anything real in it: one scripted model, the given plugins. */
export function hostConfig(places: Places, modelUrl: string, plugins: readonly PluginSetup[]): HostConfig {
  return {
    models: {
      mode: "replace",
      providers: {
        scripted: {
          baseUrl: modelUrl,
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
      entries: Object.fromEntries(
        plugins.map(({ id, config, hooks }) => [
          id,
          { enabled: true, config, ...(hooks === undefined ? {} : { hooks }) },
        ]),
      ),
    },
  };
}

/** Nothing of the user's environment but PATH: no keys, no settings, no state. */
export function hostEnvironment(folder: string, places: Places): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: join(folder, "home"),
    TMPDIR: process.env["TMPDIR"],
    OPENCLAW_STATE_DIR: places.state,
    OPENCLAW_CONFIG_PATH: places.configFile,
    OPENCLAW_DISABLE_BONJOUR: "1",
  };
}
