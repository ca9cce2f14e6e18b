import { createOpenClawAdapter, OPENCLAW_CAPABILITIES } from "@proclaw/adapter-openclaw";
import { adapterKit, type AdapterAnswer, type AdapterKitOptions } from "@proclaw/conformance";
import { createSanitizer } from "@proclaw/redact";
import { createGuard } from "@proclaw/runtime";
import { expect, test } from "vitest";
import { FakeOpenClaw, textOf } from "../../../packages/adapter-openclaw/src/fixtures/fake-openclaw.ts";

/** The adapter in a fake OpenClaw, beside a trusted policy and a hook of another plugin. */
const OPENCLAW: AdapterKitOptions = {
  capabilities: OPENCLAW_CAPABILITIES,
  can: ["rewrite", "override", "cancel"],
  open: async ({ decisionPoint, trail, tools, patienceMs, otherPlugin }) => {
    const guard = createGuard({
      decisionPoint,
      trail,
      capabilities: OPENCLAW_CAPABILITIES,
      sanitizer: createSanitizer(),
      returnOutput: "sanitized",
      context: () => {
        throw new Error("the adapter brings the context of each call");
      },
      stepTimeoutMs: patienceMs,
    });
    // As by default: the adapter's patience with a decision is shorter than the guard's with one
    // step, and longer with a result.
    const adapter = createOpenClawAdapter({
      openGuard: async () => guard,
      deadlineMs: patienceMs * 0.8,
      settleDeadlineMs: patienceMs * 2,
    });
    const host = new FakeOpenClaw();
    adapter.register(host.api());
    const yes = (): { block?: boolean } => (otherPlugin.overrides() ? { block: false } : {});
    // Trusted policies of others get the live object, hooks a copy each.
    host.addPolicy(async ({ params }) => {
      const replaced = otherPlugin.rewrite(params);
      return { ...yes(), ...(replaced === undefined ? {} : { params: replaced }) };
    });
    for (const priority of [1_000_000, 0, -1_000_000]) {
      host.addHook(async ({ params }) => {
        const replaced = otherPlugin.rewrite(params);
        return { ...yes(), ...(replaced === undefined ? {} : { params: replaced }) };
      }, priority);
    }
    return {
      call: async (tool, args, { caller, signal } = {}): Promise<AdapterAnswer> => {
        const outcome = await host.call({
          tool,
          params: args as Record<string, unknown>,
          execute: (params) => tools[tool]?.(params),
          ...(caller === undefined ? {} : { requester: { channel: "kit", senderId: caller } }),
          ...(signal === undefined ? {} : { abortSignal: signal }),
        });
        if (outcome.blocked) return { status: "refused", message: outcome.reason };
        const { details } = outcome.result as { details?: { readonly status?: unknown } };
        return details?.status === "error"
          ? { status: "failed", message: textOf(outcome) }
          : { status: "returned", output: outcome.result };
      },
      close: () => adapter.stop(),
    };
  },
};

test.each(adapterKit(OPENCLAW))("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});
