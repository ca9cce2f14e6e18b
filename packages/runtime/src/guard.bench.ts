import { test } from "vitest";
import { decision, decisionPoint, FakeTrail, setup } from "./fixtures/fakes.ts";
import { createGuard, createMemoryRateLimiter } from "./index.ts";

/*
 * Goal: at most 50 µs p50 added without the flush, at 1 KB of arguments. The trail is a fake that
 * keeps nothing, the decision a constant: this is the guard and the sanitizer. Run:
 * `vitest bench --run --project 'runtime*'`
 */
const text = "The patient was seen at 08:30 on 2026-11-22, order 4711, next visit in 12 days. ";
const args = { patient: "p-1", note: text.repeat(11), tags: ["a", "b", "c"], limit: 10 };

class NullTrail extends FakeTrail {
  override async append(): ReturnType<FakeTrail["append"]> {
    return { log: "log", seq: 0, event_id: "e", timestamp: "2026-01-01T00:00:00.000Z", leaf: "00" };
  }
}

const { options } = setup();
const trail = new NullTrail();
const guard = createGuard({ ...options, trail });
const limited = createGuard({
  ...options,
  trail,
  decisionPoint: decisionPoint(() =>
    decision({
      obligations: [{ type: "rate_limit", rule_id: "r", key: "k", limit: 1e6, per_ms: 1, algorithm: "token_bucket" }],
    }),
  ),
});
const denying = createGuard({
  ...options,
  trail,
  decisionPoint: decisionPoint(() => decision({ effect: "deny", reason_code: "denied_by_rule" })),
});
const limiter = createMemoryRateLimiter();
const limit = { type: "rate_limit", rule_id: "r", key: "k", limit: 1e6, per_ms: 1, algorithm: "token_bucket" } as const;
let calls = 0;

test("1 KB of arguments, no flush", async ({ bench }) => {
  await bench.compare(
    bench("call: authorize + run + settle", async () => void (await guard.call({ tool: "t", args }, () => "ok"))),
    bench("call with a rate limit", async () => void (await limited.call({ tool: "t", args }, () => "ok"))),
    bench("denial", async () => void (await denying.authorize({ tool: "t", args }))),
    bench("the limiter alone", async () =>
      void (await limiter.take({ callId: `c${calls++}`, limits: [limit], now: Date.now() }))),
  );
});
