// @ts-check
/**
 * @import { HostCapabilities } from "@proclaw/core"
 * @import { Guard, Permit } from "@proclaw/runtime"
 * @import { Call, Host } from "./host.mjs"
 */

/** What this host lets an adapter do; the guard denies what needs more. @type {HostCapabilities} */
export const CAPABILITIES = {
  executes: "host",
  abort: false, // it has no way to stop a tool
  rewriteArgs: true,
  replaceOutput: true,
  identity: true,
};

/**
 * Puts a guard between a host and its tools.
 * @param {Host} host @param {Pick<Guard, "authorize" | "settle">} guard
 */
export function protect(host, guard) {
  /** By the host's own object: two calls may look the same. @type {WeakMap<Call, Permit>} */
  const open = new WeakMap();

  host.useLast({
    async before(call) {
      const verdict = await guard.authorize(
        { tool: call.tool, args: call.args },
        {
          context: () => (call.user === undefined ? {} : { principal: { sub: call.user } }),
          ...(call.signal === undefined ? {} : { signal: call.signal }),
        },
      );
      // Not `kind === "denial"`: what is not plainly a permit is none.
      if (verdict.kind !== "permit") return { block: verdict.message };
      open.set(call, verdict);
      // The frozen copy that was decided, not the object that other plugins still hold.
      return { args: verdict.args };
    },

    async after(call, result) {
      const permit = open.get(call);
      open.delete(call);
      if (permit === undefined) return { ok: false, error: "withheld: nobody allowed this call" };
      const settlement = await guard.settle(
        permit,
        result.ok ? { status: "success", output: result.output } : { status: "error", error: result.error },
      );
      if (settlement.kind !== "released") return { ok: false, error: settlement.message };
      // An error may say less to the model, too, than the tool said.
      return result.ok ? { ok: true, output: settlement.output } : { ok: false, error: settlement.error };
    },
  });
}
