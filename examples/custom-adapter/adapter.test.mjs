import test from "node:test";
import { adapterKit } from "@proclaw/conformance";
import { createSanitizer } from "@proclaw/redact";
import { createGuard } from "@proclaw/runtime";
import { CAPABILITIES, protect } from "./adapter.mjs";
import { Host } from "./host.mjs";

const cases = adapterKit({
  capabilities: CAPABILITIES,
  can: ["rewrite", "override", "cancel"],
  open: async ({ decisionPoint, trail, tools, patienceMs, otherPlugin }) => {
    const guard = createGuard({
      decisionPoint,
      trail,
      capabilities: CAPABILITIES,
      sanitizer: createSanitizer(),
      context: () => ({}),
      stepTimeoutMs: patienceMs,
    });
    const host = new Host(tools);
    protect(host, guard);
    host.use({
      before: (call) => {
        const live = call.args;
        // It keeps the object, and comes back to it while the adapter decides or the tool runs.
        setImmediate(() => otherPlugin.rewrite(live));
        return otherPlugin.overrides() ? { block: false } : undefined;
      },
    });
    host.use({ before: (call) => ({ args: otherPlugin.rewrite(call.args) }) });
    return {
      call: async (tool, args, { caller, signal } = {}) => {
        const result = await host.call({ tool, args, user: caller, signal });
        if (result.ok) return { status: "returned", output: result.output };
        return { status: result.blocked ? "refused" : "failed", message: String(result.error) };
      },
      close: () => guard.close(),
    };
  },
});

for (const { name, run } of cases) test(name, run);
