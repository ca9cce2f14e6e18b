import { canonicalJson, clonePlainJson, type Logger, ProclawError } from "@proclaw/core";
import { openGuardOrDenyAll } from "proclaw";
import { createOpenClawAdapter, OPENCLAW_CAPABILITIES, type OpenClawAdapter, PLUGIN_ID } from "./adapter.ts";
import type { OpenClawApi } from "./host-types.ts";
import { type PluginConfig, readPluginConfig } from "./plugin-config.ts";
import { OPENCLAW_TOOLS } from "./tool-facts.ts";

const ADAPTERS: unique symbol = Symbol.for("proclaw.openclaw.adapters") as never;
const shared = globalThis as { [ADAPTERS]?: Map<string, OpenClawAdapter> };
const DEFAULT_UNOBSERVED_AFTER_MS = 3_600_000;

/**
 * One guard and one trail a process and configuration: OpenClaw registers the plugin several times
 * (measured: three), each time from a fresh copy of all its files, so modules are no singletons.
 */
function adapterFor(config: unknown, logger: Logger): OpenClawAdapter {
  const adapters = (shared[ADAPTERS] ??= new Map());
  const key = keyOf(config);
  const known = adapters.get(key);
  if (known !== undefined) return known;
  // The copy of the files that an adapter runs from goes away some time after its service stopped;
  // the next registration brings a new one.
  const made = makeAdapter(config, logger, () => {
    if (adapters.get(key) === made) adapters.delete(key);
  });
  adapters.set(key, made);
  return made;
}

function keyOf(config: unknown): string {
  try {
    return canonicalJson(clonePlainJson(config));
  } catch {
    return "not json";
  }
}

function makeAdapter(given: unknown, logger: Logger, onStop: () => void): OpenClawAdapter {
  let config: PluginConfig;
  try {
    config = readPluginConfig(given);
  } catch (error) {
    // INVARIANT (a broken set-up denies): registering must not fail, since a gateway serves without
    // a plugin that did not load; so everything is registered, over a guard that never comes.
    return createOpenClawAdapter({ openGuard: () => Promise.reject(error), onStop });
  }
  const { policyFile, stateDir, trailDir, deadlineMs } = config;
  const unobservedAfterMs = config.unobservedAfterMs ?? DEFAULT_UNOBSERVED_AFTER_MS;
  return createOpenClawAdapter({
    // A policy that cannot be loaded denies too, and those denials are on record.
    openGuard: () =>
      openGuardOrDenyAll({
        policyFile,
        store: trailDir,
        stateDir,
        tools: OPENCLAW_TOOLS,
        capabilities: OPENCLAW_CAPABILITIES,
        returnOutput: "sanitized",
        settleWithinMs: unobservedAfterMs,
        logger,
        context: () => {
          throw new ProclawError("internal_error", "the adapter gives the context of each call");
        },
      }),
    protectedPaths: [policyFile, stateDir, trailDir],
    unobservedAfterMs,
    onStop,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
}

/** The plugin as OpenClaw loads it: a plain object, so that nothing of OpenClaw has to be installed here. */
const plugin: {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  register(api: OpenClawApi): void;
} = {
  id: PLUGIN_ID,
  name: "ProClaw",
  description: "Every tool call is decided by a policy before it runs and recorded in a tamper-evident trail.",
  register(api) {
    const { logger } = api;
    adapterFor(api.pluginConfig, {
      debug: (message) => logger.debug?.(message),
      info: (message) => logger.info(message),
      warn: (message) => logger.warn(message),
      error: (message) => logger.error(message),
    }).register(api);
  },
};

export default plugin;
