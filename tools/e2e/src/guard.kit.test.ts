import { adapterKit, type AdapterAnswer, type AdapterKitOptions, type AdapterParts } from "@proclaw/conformance";
import type { CallContext, HostCapabilities, JsonObject } from "@proclaw/core";
import { createSanitizer } from "@proclaw/redact";
import { createGuard, DeniedError, type Guard, type ToolOutcome } from "@proclaw/runtime";
import { describe, expect, test } from "vitest";

const CAPABILITIES: HostCapabilities = {
  executes: "guard",
  abort: true,
  rewriteArgs: true,
  replaceOutput: true,
  identity: true,
};

function guardOf({ decisionPoint, trail, patienceMs }: AdapterParts, capabilities: HostCapabilities): Guard {
  return createGuard({
    decisionPoint,
    trail,
    capabilities,
    sanitizer: createSanitizer(),
    context: () => ({}),
    stepTimeoutMs: patienceMs,
  });
}

const contextOf = (caller: string | undefined): CallContext =>
  caller === undefined ? {} : { principal: { sub: caller } };
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** No adapter at all: the guard runs the tool. */
const IN_PROCESS: AdapterKitOptions = {
  capabilities: CAPABILITIES,
  can: ["cancel"],
  open: async (parts) => {
    const guard = guardOf(parts, CAPABILITIES);
    return {
      call: async (tool, args, { caller, signal } = {}): Promise<AdapterAnswer> => {
        try {
          const call = { tool, args: args as JsonObject };
          const options = { context: () => contextOf(caller), ...(signal === undefined ? {} : { signal }) };
          const { value } = await guard.call(call, (decided, run) => parts.tools[tool]?.(decided, run), options);
          return { status: "returned", output: value };
        } catch (error) {
          return { status: error instanceof DeniedError ? "refused" : "failed", message: textOf(error) };
        }
      },
      close: () => guard.close(),
    };
  },
};

const HOST_CAPABILITIES: HostCapabilities = { ...CAPABILITIES, executes: "host", abort: false, identity: false };

/** The least a host can do that runs the tool itself. */
const TWO_HALVES: AdapterKitOptions = {
  capabilities: HOST_CAPABILITIES,
  can: ["rewrite", "override", "cancel"],
  open: async (parts) => {
    const guard = guardOf(parts, HOST_CAPABILITIES);
    return {
      call: async (tool, args, { signal } = {}): Promise<AdapterAnswer> => {
        const call = { tool, args: args as JsonObject };
        const verdict = await guard.authorize(call, signal === undefined ? {} : { signal });
        try {
          parts.otherPlugin.rewrite(args as Record<string, unknown>);
        } catch {
          // That plugin's own fault.
        }
        if (verdict.kind !== "permit") return { status: "refused", message: verdict.message };
        let outcome: ToolOutcome;
        try {
          outcome = { status: "success", output: await parts.tools[tool]?.(verdict.args) };
        } catch (error) {
          outcome = { status: "error", error };
        }
        try {
          const settled = await guard.settle(verdict, outcome);
          if (settled.kind === "withheld") return { status: "failed", message: settled.message };
          return outcome.status === "success"
            ? { status: "returned", output: settled.output }
            : { status: "failed", message: textOf(settled.error) };
        } catch {
          // After the end of the session the permit is no longer open.
          return { status: "failed", message: "the session is over" };
        }
      },
      close: () => guard.close(),
    };
  },
};

describe("the guard in the process", () => {
  test.each(adapterKit(IN_PROCESS))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("a host that authorizes and settles", () => {
  test.each(adapterKit(TWO_HALVES))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
