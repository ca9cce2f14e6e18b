import { createRandom, generateCall, generatePolicy } from "@proclaw/conformance";
import type { JsonObject, JsonValue } from "@proclaw/core";
import { decide, explain } from "@proclaw/engine";
import type { SmallestChange } from "@proclaw/engine";
import { loadPolicyText } from "@proclaw/engine/yaml";
import { expect, test } from "vitest";

type Members = Record<string, JsonValue>;

/** Does what the steps say, on a copy. */
function apply(args: JsonObject, { steps }: SmallestChange): JsonObject {
  const changed = structuredClone<Members>(args);
  for (const { key, value, remove } of steps) {
    const path = pathOf(key);
    const last = path.pop() as string;
    let at: Members = changed;
    for (const step of path) {
      if (!Object.hasOwn(at, step)) define(at, step, {});
      at = at[step] as Members;
    }
    if (remove === true) delete at[last];
    else if (value !== undefined) define(at, last, value);
  }
  return changed;
}

function pathOf(key: string): string[] {
  if (key.startsWith("/")) {
    const steps = key.slice(1).split("/");
    return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return key.replace(/^args\.(?=network$|time_window$)/, "").split(".");
}

function define(members: Members, name: string, value: JsonValue): void {
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

test("random policies and calls: every confirmed change passes when it is made, and explaining decides the same", () => {
  const calls = process.env["PROCLAW_DEPTH"] === "proof" ? 200_000 : 10_000;
  let confirmed = 0;
  let avoiding = 0;
  for (let seed = 0; seed < calls / 20; seed++) {
    const random = createRandom(seed);
    const policy = generatePolicy(random);
    const loaded = loadPolicyText(JSON.stringify(policy));
    if (!loaded.ok) throw new Error("a random policy does not load");
    for (let i = 0; i < 20; i++) {
      const { call, context, facts, now } = generateCall(random, policy) as ReturnType<typeof generateCall> & {
        readonly call: { readonly tool: string; readonly args: JsonObject };
        readonly context: object;
      };
      const explained = explain(loaded.plan, call, context, facts, now);
      expect(explained.decision).toEqual(decide(loaded.plan, call, context, facts, now));
      const { change } = explained;
      // Steps name arguments as the policy does; the alias of the vocabulary would need a translation.
      if (change?.confirmed !== true || Object.hasOwn(call.args, "file_path")) continue;
      confirmed++;
      if (change.avoids.length > 0) avoiding++;
      const args = apply(call.args, change);
      const after = decide(loaded.plan, { ...call, args }, context, facts, now);
      expect(after.would_have?.effect ?? after.effect, JSON.stringify([policy, call, context, change])).not.toBe(
        "deny",
      );
    }
  }
  expect(confirmed).toBeGreaterThan(calls / 100);
  expect(avoiding).toBeGreaterThan(calls / 1_000);
}, 600_000);
