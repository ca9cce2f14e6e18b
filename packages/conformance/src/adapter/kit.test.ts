import { describe, expect, it } from "vitest";
import type { Fault } from "./fixtures/model-adapter.ts";
import { modelKit } from "./fixtures/model-adapter.ts";
import { adapterKit } from "./kit.ts";

describe("the model adapter", () => {
  it.each(adapterKit(modelKit()))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("abilities decide which cases there are", () => {
  const names = (options: Partial<ReturnType<typeof modelKit>>): string[] =>
    adapterKit({ ...modelKit(), ...options }).map(({ name }) => name);

  it("names are unique", () => {
    expect(new Set(names({})).size).toBe(names({}).length);
  });

  it("leaves out what the host cannot stage", () => {
    expect(names({ can: [] }).filter((name) => /^(rewrite|override|cancel)/.test(name))).toEqual([]);
  });

  it("asks a host that cannot cut off, withhold or identify for denials instead", () => {
    const { capabilities } = modelKit();
    const less = { ...capabilities, executes: "host", abort: false, replaceOutput: false, identity: false } as const;
    const found = names({ capabilities: less }).filter((name) => !names({}).includes(name));
    expect(found).toEqual([
      "obligation: a time limit that this host cannot keep, the call does not run",
      "obligation: a limit of the output that this host cannot keep, the call does not run",
      "outcome lost: the trail rejects the outcome; nothing more runs",
      "outcome lost: the trail hangs on the outcome; nothing more runs",
      "identity: a host that knows no caller claims none",
    ]);
  });
});

/** What can be wrong with an adapter, and a case that finds it. */
const CAUGHT: Readonly<Record<Fault, string>> = {
  "ignores the verdict": "deny: a denied call does not run, and stands in the trail as not executed",
  "runs before the verdict": "deny: a denied call does not run, and stands in the trail as not executed",
  "runs before the decision is durable": "allow: no tool starts before its decision is durable",
  "runs the live object":
    "live object: what its owner does to the arguments during the decision runs nothing undecided",
  "gives the tool the object that the caller still holds":
    "live object: what its owner does to the arguments later does not reach a running tool",
  "takes an exception for an allow": "guard down: the decision point throws, and nothing runs",
  "takes an unknown effect for an allow": "guard down: the decision point answers an unknown effect, and nothing runs",
  "ignores obligations": "obligation: a sandbox profile that nobody knows, the call does not run",
  "drops obligations of unknown types": "obligation: of a type that nobody knows, the call does not run",
  "never settles": "allow: an allowed call runs once, and its output comes back",
  "settles before the tool ends": "allow: an allowed call runs once, and its output comes back",
  "records a failure as a success":
    "throw: a failure of `kit_fail` reaches the agent as one, and the trail as an error",
  "returns the output although it is withheld":
    "outcome lost: the trail rejects the outcome; the output is withheld and nothing more runs",
  "passes every error on": "obligation: an output larger than allowed is withheld",
  "goes on after a lost outcome":
    "outcome lost: the trail rejects the outcome; the output is withheld and nothing more runs",
  "waits for the trail for ever": "guard down: the trail hangs on the decision, and nothing runs",
  "goes on when the trail is slow": "guard down: the trail hangs on the decision, and nothing runs",
  "leaves a late decision open": "guard down: the decision becomes durable too late, and nothing runs",
  "keeps the call in one variable":
    "at once: calls do not mix, whatever the order in which their decisions become durable",
  "keeps verdicts": "deny: a verdict holds for one call, not for the same one again",
  "runs one call at a time": "hang: a tool that never ends holds up no other call, and no end of the session",
  "lets the last plugin decide": "override: another plugin does not take a block back",
  "takes the arguments of the last plugin":
    "rewrite: arguments that are changed after the decision by another object run only if decided",
  "says nothing to the agent": "deny: the agent is told why, and nothing of the arguments",
  "puts the arguments into the message": "deny: the agent is told why, and nothing of the arguments",
  "copies by assignment":
    "rewrite: arguments that are changed after the decision in place, deep inside run only if decided",
  "keeps the first caller": "identity: each call is decided and recorded for whoever makes it",
  "takes the caller from the arguments": "identity: arguments do not say who makes the call",
  "does not listen to cancellation": "cancel: a call that the host cancels during the decision does not run",
  "works on after its end": "end: a call after the end of the session does not run",
  "leaves open calls open at its end": "hang: a tool that never ends holds up no other call, and no end of the session",
  "gives every call the same id": "at once: the same call several times is decided, run and recorded as often",
};

describe("a wrong adapter is caught", () => {
  it.each(Object.entries(CAUGHT))("one that %s", async (fault, caught) => {
    const found = adapterKit(modelKit(fault as Fault)).find(({ name }) => name === caught);
    await expect(found?.run()).rejects.toMatchObject({ name: "AssertionError" });
  });
});
