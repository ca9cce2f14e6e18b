import { ProclawError } from "@proclaw/core";
import { beforeEach, describe, expect, test } from "vitest";
import { createOpenClawAdapter } from "./adapter.ts";
import { textOf } from "./fixtures/fake-openclaw.ts";
import { command, isSafe, makeScene, never, type Scene } from "./fixtures/scene.ts";

let effects: Scene["effects"];
let host: Scene["host"];
let guard: Scene["guard"];
let adapter: Scene["adapter"];
let run: Scene["run"];

function setUp(...given: Parameters<typeof makeScene>): void {
  ({ effects, host, guard, adapter, run } = makeScene(...given));
}

beforeEach(() => setUp(isSafe));

describe("failures deny", () => {
  test("a guard that cannot be opened: everything is registered and denies with the reason", async () => {
    setUp(() => true, {
      openGuard: () => Promise.reject(new ProclawError("invalid_policy", "policy.yaml:3:1: unknown key `efect`")),
    });
    const outcome = await run("read", { path: "a" });
    expect(effects).toEqual([]);
    expect(textOf(outcome)).toBe("proclaw: policy.yaml:3:1: unknown key `efect`");
  });

  test("an error that is not ours is not told to the model", async () => {
    setUp(() => true, { openGuard: () => Promise.reject(new Error("/home/someone/.config")) });
    expect(textOf(await run("read", {}))).toBe("proclaw: it failed to start");
  });

  test("a guard that is never ready, and one that hangs: denied in time", async () => {
    setUp(() => true, { openGuard: never, deadlineMs: 20 });
    expect(textOf(await run("read", {}))).toBe("proclaw: no decision within 20 ms (deadline_exceeded)");
    setUp(() => true, { deadlineMs: 20 });
    guard.before = never;
    expect(textOf(await run("read", {}))).toBe("proclaw: no decision within 20 ms (deadline_exceeded)");
    expect(effects).toEqual([]);
  });

  test("a guard that hangs or throws inside the last hook, about changed arguments: our own deadline, not the host's", async () => {
    for (const [fault, answer] of [
      [never, "proclaw: no decision within 20 ms (deadline_exceeded)"],
      [() => Promise.reject(new Error("broken")), "proclaw: the call could not be decided"],
    ] as const) {
      setUp(() => true, { deadlineMs: 20 });
      host.addPolicy(async () => {
        guard.before = fault;
        return { params: command("changed") };
      });
      expect(textOf(await run("exec", command("safe")))).toBe(answer);
      expect(effects).toEqual([]);
      await expect.poll(() => guard.statuses).toEqual(["not_executed"]);
    }
  });

  test("a last hook that the host gives up before our own deadline: blocked, and what is allowed later does not run", async () => {
    setUp(() => true, { deadlineMs: 200 });
    host.hookTimeoutMs = 10;
    let answer: (() => void) | undefined;
    host.addPolicy(async () => {
      guard.before = () => new Promise((resolve) => (answer = resolve));
      return { params: command("changed") };
    });
    expect((await run("exec", command("safe"))).blocked).toBe(true);
    answer?.();
    await expect.poll(() => guard.openPermits).toBe(1);
    await adapter.stop();
    expect(effects).toEqual([]);
    expect([...guard.statuses].sort()).toEqual(["not_executed", "unobserved"]);
  });

  test("an allow that comes too late is recorded as not executed", async () => {
    setUp(() => true, { deadlineMs: 20 });
    guard.before = () => new Promise((resolve) => setTimeout(resolve, 60));
    expect((await run("read", {})).blocked).toBe(true);
    await expect.poll(() => guard.statuses).toEqual(["not_executed"]);
  });

  test("a guard that throws", async () => {
    setUp(() => true);
    guard.before = () => Promise.reject(new Error("broken"));
    expect(textOf(await run("read", {}))).toBe("proclaw: the call could not be decided");
    expect(effects).toEqual([]);
  });

  test("arguments that are not JSON, and a call without an id", async () => {
    setUp(() => true);
    expect((await run("read", { path: () => "x" })).blocked).toBe(true);
    expect((await run("read", {}, { toolCallId: null })).blocked).toBe(true);
    expect(effects).toEqual([]);
  });

  test("a cancelled call", async () => {
    setUp(() => true);
    expect(textOf(await run("read", {}, { abortSignal: AbortSignal.abort() }))).toBe("proclaw: the call was cancelled");
    expect(effects).toEqual([]);
  });

  test("a call that the trusted policy never saw is decided by the last hook", async () => {
    host.dropPolicies();
    await run("exec", command("rm"));
    expect(effects).toEqual([]);
    await run("exec", command("safe"));
    expect(effects).toEqual([{ command: "safe" }]);
    expect(guard.statuses).toEqual(["success"]);
  });

  test("too many open calls", async () => {
    setUp(() => true, { maxOpenCalls: 1 });
    await run("read", {}, { via: "http" });
    expect(textOf(await run("read", {}, { via: "http" }))).toBe("proclaw: too many calls are open");
    expect(effects).toHaveLength(1);
  });

  test("another plugin blocks after our decision: recorded as not executed", async () => {
    host.addHook(async () => ({ block: true }), 0);
    await run("exec", command("safe"));
    expect(effects).toEqual([]);
    expect(guard.statuses).toEqual(["not_executed"]);
  });

  test("a tool cannot pass itself off as blocked", async () => {
    await run("exec", command("safe"), {
      via: "mcp",
      execute: () => ({ content: [], details: { status: "blocked" } }),
    });
    expect(guard.statuses).toEqual(["unobserved"]);
  });

  test("settling fails or hangs: the output is withheld", async () => {
    setUp(isSafe, { settleDeadlineMs: 20 });
    guard.beforeSettle = () => Promise.reject(new Error("trail gone"));
    expect(textOf(await run("exec", command("safe")))).toBe("proclaw: the output is withheld");
    guard.beforeSettle = never;
    expect(textOf(await run("exec", command("safe")))).toBe("proclaw: the output is withheld");
  });
});

describe("register", () => {
  test("several times in one process, and without a part that OpenClaw lacks", () => {
    adapter.register(host.api({ registrationMode: "discovery" }));
    const refuse = (): never => {
      throw new Error("not in this version");
    };
    adapter.register(host.api({ registerTrustedToolPolicy: refuse, registerService: refuse }));
    expect(host.logged.filter((line) => line.includes("did not take"))).toHaveLength(2);
  });

  test("does not load where nothing could stop a call", () => {
    const refuse = (): never => {
      throw new Error("not in this version");
    };
    expect(() => adapter.register(host.api({ registerTrustedToolPolicy: refuse, on: refuse }))).toThrow(/takes none/);
  });

  test("opens no guard", () => {
    let opened = 0;
    const lazy = createOpenClawAdapter({
      openGuard: () => {
        opened += 1;
        return Promise.resolve(guard);
      },
    });
    lazy.register(host.api());
    expect(opened).toBe(0);
  });
});
