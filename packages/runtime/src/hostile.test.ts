import { SPEC_VERSION } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { decision, decisionPoint, never, obliged, setup } from "./fixtures/fakes.ts";
import { CALL, expectDenied, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";
import type { GuardOptions } from "./index.ts";

watchRejections();

const CARD = "4111111111111111";

function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
const throwsUnreadable = {
  get path(): string {
    // oxlint-disable-next-line typescript/only-throw-error -- the attack
    throw unreadable();
  },
};

describe("what is thrown cannot be read", () => {
  test("by an argument: denied, on record", async () => {
    const { trail, options } = setup();
    await expectDenied(createGuard(options), "invalid_call", { tool: "t", args: throwsUnreadable });
    expect(trail.story).toEqual(["decision:not_executed"]);
  });

  test("by an output that is limited: withheld, on record, and the guard goes on", async () => {
    const { trail, options } = setup({ tools: { t: { output: { max_bytes: 10 } } } });
    const guard = createGuard(options);
    await expect(guard.call({ tool: "t", args: {} }, () => throwsUnreadable)).rejects.toMatchObject({
      code: "output_withheld",
    });
    expect(await guard.authorize(CALL)).toMatchObject({ kind: "permit" });
    expect(trail.story).toEqual(["decision:pending", "outcome:success", "decision:pending"]);
  });

  test("by the trail: denied", async () => {
    const { trail, options } = setup();
    trail.fault = () => Promise.reject(unreadable());
    const denied = await expectDenied(createGuard(options), "audit_unavailable");
    expect(denied.record).toBeNull();
  });

  test("by the limiter's answer: denied", async () => {
    const answer = new Proxy(
      {},
      {
        get: (_, name) => {
          if (name === "then") return undefined;
          throw new Error("gotcha");
        },
      },
    );
    const { options } = setup({
      decisionPoint: obliged({
        type: "rate_limit",
        rule_id: "r",
        key: "k",
        limit: 9,
        per_ms: 9,
        algorithm: "token_bucket",
      }),
      rateLimiter: { specVersion: SPEC_VERSION, take: async () => answer as never },
    });
    const denied = await expectDenied(createGuard(options), "rate_limited");
    expect(denied.message).toContain("limiter is not available");
  });

  test("a fault of the guard's own parts is a denial, and if nothing works, one without a record", async () => {
    for (const change of [
      { clock: { now: () => 0, monotonic: () => { throw new Error("gotcha"); } } }, // prettier-ignore
      { sanitizer: { ...setup().options.sanitizer, sanitizeEvent: () => { throw new Error("gotcha"); } } }, // prettier-ignore
    ]) {
      const { options } = setup(change);
      expect(await createGuard(options).authorize(CALL)).toMatchObject({ kind: "denial" });
    }
  });
});

test("a signal that is none is refused before anything is decided; null is none", async () => {
  const { trail, options } = setup();
  const guard = createGuard(options);
  for (const signal of [{ aborted: false }, "signal", 1]) {
    await expect(guard.authorize(CALL, { signal: signal as never })).rejects.toMatchObject({ code: "invalid_option" });
  }
  expect(trail.story).toEqual([]);
  expect(await guard.authorize(CALL, { signal: null as never })).toMatchObject({ kind: "permit" });
});

describe("outcomes", () => {
  test("are read once: none gives its take back as `not_executed` and is a success then", async () => {
    const { trail, options } = setup({
      decisionPoint: obliged({
        type: "rate_limit",
        rule_id: "r",
        key: "k",
        limit: 1,
        per_ms: 3_600_000,
        algorithm: "token_bucket",
      }),
    });
    const guard = createGuard(options);
    const call = { ...CALL, call_id: "c" };
    const permit = await guard.authorize(call);
    if (permit.kind !== "permit") throw new Error("denied");
    const said = ["success", "not_executed", "not_executed", "success", "success", "success"];
    const outcome = { output: 1, get status() { return said.shift() ?? "success"; } }; // prettier-ignore
    await guard.settle(permit, outcome as never);
    expect(trail.story).toEqual(["decision:pending", "outcome:success"]);
    expect(await guard.authorize(call)).toMatchObject({ decision: { reason_code: "rate_limited" } });
  });

  test("that are none are refused, and the permit stays open", async () => {
    const { options } = setup();
    const guard = createGuard(options);
    const permit = await guard.authorize(CALL);
    if (permit.kind !== "permit") throw new Error("denied");
    for (const wrong of [null, undefined, "success", {}, { status: "toString" }]) {
      await expect(guard.settle(permit, wrong as never)).rejects.toMatchObject({ code: "invalid_option" });
    }
    expect(await guard.settle(permit, { status: "success", output: 1 })).toMatchObject({ output: 1 });
  });
});

describe("an error is an output, too", () => {
  const failing = Object.assign(new RangeError(`row 7: ${CARD}`), { response: { ssn: "123" } });
  const thrown = async (change: Partial<GuardOptions>): Promise<{ error: unknown; recorded: unknown }> => {
    const { trail, options } = setup(change);
    const tools = createGuard(options).wrap({
      t: async () => {
        throw failing;
      },
    });
    const error: unknown = await tools.t().catch((caught: unknown) => caught);
    return { error, recorded: trail.events[1]?.error };
  };

  test("as it is by default", async () => {
    expect((await thrown({})).error).toBe(failing);
  });

  test("sanitized where outputs are: type and message without secrets, nothing else", async () => {
    const { error, recorded } = await thrown({ returnOutput: "sanitized" });
    expect(error).toMatchObject({ name: "RangeError", message: "row 7: [redacted:payment_card]" });
    expect(error).not.toHaveProperty("response");
    expect((error as Error).cause).toBeUndefined();
    expect(recorded).toEqual({ type: "RangeError", message: "row 7: [redacted:payment_card]" });
  });

  test("withheld where outputs are limited", async () => {
    const { error } = await thrown({ decisionPoint: obliged({ type: "output", keep_fields: ["id"] }) });
    expect(error).toMatchObject({ name: "Error", message: expect.stringContaining("withheld") as string });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/row 7|123/);
  });

  test("not kept where payloads are not", async () => {
    const { error, recorded } = await thrown({ tools: { t: { payload: "omitted" } } });
    expect(error).toBe(failing);
    expect(recorded).toEqual({ type: "RangeError", message: `omitted: ${failing.message.length} characters` });
  });
});

test("a sanitized output is a frozen copy, also where something was taken out", async () => {
  const { options } = setup({ returnOutput: "sanitized" });
  const { value } = await createGuard(options).call(CALL, () => ({ a: [CARD] }));
  expect(value).toEqual({ a: ["[redacted:payment_card]"] });
  expect([Object.isFrozen(value), Object.isFrozen(value.a)]).toEqual([true, true]);
});

test("a reason too long for the record is left out: cutting it could cut a secret in two", async () => {
  const reason = `${"x".repeat(1_015)} 4111 1111 1111 1111`;
  const { trail, options } = setup({
    decisionPoint: decisionPoint(() => decision({ effect: "deny", reason_code: "denied_by_rule", reason })),
  });
  await expectDenied(createGuard(options), "denied_by_rule");
  expect(trail.text).not.toContain("4111");
  expect(trail.events[0]?.policy_decision?.reason).toBe(`omitted: ${reason.length} characters`);
});

test("a secret in a tool's name reaches no log line", async () => {
  const { logger, options } = setup({
    decisionPoint: decisionPoint(() => {
      throw new Error("broken");
    }),
  });
  await expectDenied(createGuard(options), "internal_error", { tool: `pay ${CARD}`, args: {} });
  expect(logger.lines).toEqual(["error the decision point failed on a call of `pay [redacted:payment_card]`"]);
});

describe("closing", () => {
  test("waits for a decision on its way to the trail, and closes it as `not_executed`", async () => {
    const { trail, options } = setup();
    const gate = Promise.withResolvers<void>();
    trail.fault = (_, nth) => (nth === 0 ? gate.promise : undefined);
    const guard = createGuard(options);
    const verdict = guard.authorize(CALL);
    const closing = guard.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    gate.resolve();
    await closing;
    expect(trail.story).toEqual(["decision:pending", "outcome:not_executed"]);
    expect(await verdict).toMatchObject({ kind: "denial" });
  });

  test("does not wait for ever", async () => {
    const { options } = setup({ context: never, stepTimeoutMs: 20 });
    const guard = createGuard(options);
    const verdict = guard.authorize(CALL);
    await guard.close();
    expect(await verdict).toMatchObject({ kind: "denial" });
  });

  test("from inside the context source, and from inside a tool", async () => {
    let closed: Promise<void> | undefined;
    const { trail, options } = setup({ context: () => ((closed ??= guard.close()), {}) });
    const guard = createGuard(options);
    expect(await guard.authorize(CALL)).toMatchObject({
      kind: "denial",
      decision: { reason_code: "audit_unavailable" },
    });
    await closed;
    expect(trail.story).toEqual(["decision:pending", "outcome:not_executed"]);

    const other = setup();
    const inner = createGuard(other.options);
    await expect(inner.call(CALL, () => inner.close())).rejects.toMatchObject({ code: "outcome_unrecorded" });
    expect(other.trail.story).toEqual(["decision:pending", "outcome:unobserved"]);
  });
});
