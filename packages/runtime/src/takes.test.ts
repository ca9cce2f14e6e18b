import { describe, expect, test } from "vitest";
import { obliged, setup } from "./fixtures/fakes.ts";
import { attempt, CALL, expectDenied, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";
import type { GuardOptions } from "./index.ts";

watchRejections();

describe("INVARIANT (one take, one execution)", () => {
  const limit = (n: number): Partial<GuardOptions> => ({
    decisionPoint: obliged({
      type: "rate_limit",
      rule_id: "r",
      key: "k",
      limit: n,
      per_ms: 3_600_000,
      algorithm: "token_bucket",
    }),
    clock: { now: () => 1_000, monotonic: () => 0n },
  });

  test("calls that share an id do not share a take", async () => {
    const { options } = setup(limit(1));
    const guard = createGuard(options);
    expect((await attempt(guard, { ...CALL, call_id: "call_1" })).ran).toBe(1);
    await expectDenied(guard, "rate_limited", { ...CALL, call_id: "call_1" });
  });

  test("a call that did not run is decided again without taking again, once", async () => {
    const { trail, options } = setup(limit(1));
    const guard = createGuard(options);
    const call = { ...CALL, call_id: "c" };
    const first = await guard.authorize(call);
    if (first.kind !== "permit") throw new Error("denied");
    await guard.settle(first, { status: "not_executed" });
    // Nor does one whose decision could not be recorded.
    trail.fault = () => Promise.reject(new Error("down"));
    await expectDenied(guard, "audit_unavailable", call);
    trail.fault = () => undefined;
    expect((await attempt(guard, call)).ran).toBe(1);
    await expectDenied(guard, "rate_limited", call);
  });

  test("a call that is denied takes nothing", async () => {
    const { options } = setup(limit(1));
    const guard = createGuard({ ...options, tools: { boxed: { sandbox: "strict" } } });
    await expectDenied(guard, "obligation_unsupported", { tool: "boxed", args: {} });
    expect((await attempt(guard)).ran).toBe(1);
  });
});
