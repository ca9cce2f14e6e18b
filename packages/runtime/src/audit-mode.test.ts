import { describe, expect, test } from "vitest";
import { decision, decisionPoint, setup } from "./fixtures/fakes.ts";
import { attempt, CALL, expectDenied, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";
import type { GuardOptions } from "./index.ts";

watchRejections();

describe("audit mode", () => {
  const audit = (change: object = {}): Partial<GuardOptions> => ({
    decisionPoint: {
      ...decisionPoint(() =>
        decision({
          reason_code: "audit_mode",
          mode: "audit",
          would_have: { effect: "deny", reason_code: "denied_by_rule" },
          ...change,
        }),
      ),
      identity: { ...setup().options.decisionPoint.identity, mode: "audit" },
    },
  });

  test("the call passes, the record and the conversation say what would have been, the start is loud", async () => {
    const { trail, logger, options } = setup(audit());
    const { meta } = await createGuard(options).call(CALL, () => 1);
    expect(logger.lines).toContainEqual(expect.stringContaining("audit mode"));
    expect(trail.events[0]?.policy_decision).toMatchObject({ mode: "audit", would_have: { effect: "deny" } });
    expect(meta).toMatchObject({ mode: "audit", would_have: { effect: "deny", reason_code: "denied_by_rule" } });
  });

  test("waives approvals and limits, and says so", async () => {
    const limit = {
      type: "rate_limit",
      rule_id: "r",
      key: "k",
      limit: 0,
      per_ms: 1,
      algorithm: "token_bucket",
    } as const;
    const obligations = [limit, { type: "approval", rule_id: null, reason: null } as const];
    const { trail, options } = setup(audit({ obligations }));
    expect((await attempt(createGuard(options))).ran).toBe(1);
    expect(trail.events[0]?.policy_decision?.would_have).toEqual({ effect: "deny", reason_code: "rate_limited" });
  });

  test("never waives the trail, the context, a broken call or a sandbox", async () => {
    const broken = setup(audit());
    broken.trail.fault = () => Promise.reject(new Error("down"));
    await expectDenied(createGuard(broken.options), "audit_unavailable");
    const { options } = setup(audit());
    await expectDenied(createGuard({ ...options, context: () => null as never }), "context_unavailable");
    await expectDenied(createGuard(options), "invalid_call", { tool: "", args: {} });
    const sandboxed = setup(audit({ obligations: [{ type: "sandbox", profile: "p" }] }));
    const denied = await expectDenied(createGuard(sandboxed.options), "obligation_unsupported");
    expect(denied.decision.mode).toBe("audit");
  });
});
