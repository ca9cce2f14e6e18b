import { beforeEach, describe, expect, test } from "vitest";
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

describe("the way of a call", () => {
  test("an allowed call runs with the decided arguments, is settled, and its result names the decision", async () => {
    const outcome = await run("exec", command("safe"));
    expect(effects).toEqual([{ command: "safe" }]);
    expect(textOf(outcome)).toBe("output");
    expect(guard.statuses).toEqual(["success"]);
    expect(outcome).toMatchObject({ result: { details: { proclaw: { effect: "allow", record: "event" } } } });
  });

  test("a denied call does not run, and the model is told why", async () => {
    const outcome = await run("exec", command("rm"));
    expect(effects).toEqual([]);
    expect(outcome).toEqual({ blocked: true, reason: "proclaw: denied by the fake policy" });
    expect(guard.statuses).toEqual([]);
  });

  test("the host's history names the decision of an allowed and of a denied call", async () => {
    await run("exec", command("safe"));
    await run("exec", command("rm"));
    expect(host.history).toMatchObject([
      { details: { proclaw: { effect: "allow", record: "event", status: "success" } } },
      { details: { status: "blocked", proclaw: { effect: "deny", record: "event", status: "not_executed" } } },
    ]);
  });

  test("the guard's word on the output is the last one", async () => {
    guard.release = () => ({ content: [{ type: "text", text: "[redacted:secret]" }] });
    expect(textOf(await run("exec", command("safe")))).toBe("[redacted:secret]");
    guard.release = () => "not a result";
    expect(textOf(await run("exec", command("safe")))).toBe("proclaw: the output was withheld");
  });

  test("the text of a failed tool passes the guard too", async () => {
    guard.release = (output) => ({ ...(output as object), content: [{ type: "text", text: "cleaned" }] });
    const outcome = await run("exec", command("safe"), {
      execute: () => {
        throw new Error("secret 4111");
      },
    });
    expect(textOf(outcome)).toBe("cleaned");
    expect(guard.settled[0]?.outcome).toMatchObject({ status: "error", output: { content: [{ type: "text" }] } });
  });

  test("names are those of the policy: bash, cron, code mode", async () => {
    setUp(() => false);
    await run("bash", command("x"));
    await run("cron", { action: "list" });
    await run("exec", { code: "1", command: "1" }, { toolKind: "code_mode_exec" });
    await run("exec", { code: "1" }, { toolKind: "tomorrow" });
    expect(guard.asked.map(({ call }) => call.tool)).toEqual(["exec", "automations", "code_mode_exec", "tomorrow"]);
    expect(guard.asked[2]?.call.args).toEqual({ code: "1" });
  });
});

describe("bypass 1: another plugin changes the arguments after the decision", () => {
  const change = async () => ({ params: command("rm -rf") });

  test("a hook's change has no effect: the decided arguments run", async () => {
    host.addHook(change, 0);
    await run("exec", command("safe"));
    expect(effects).toEqual([{ command: "safe" }]);
  });

  test("a call that another plugin's failing hook blocked did not run, and a tool cannot say so of itself", async () => {
    let fails = true;
    host.addHook(() => (fails ? Promise.reject(new Error("broken")) : Promise.resolve(undefined)), 0);
    await run("exec", command("safe"));
    expect(effects).toEqual([]);
    await expect.poll(() => guard.statuses).toEqual(["not_executed"]);
    fails = false;
    const execute = (): never => {
      throw new Error("Tool call blocked because before_tool_call hook failed");
    };
    await run("exec", command("safe"), { execute, via: "mcp" });
    await expect.poll(() => guard.statuses).toEqual(["not_executed", "error"]);
  });

  test("a later trusted policy's change is decided again, and denied", async () => {
    host.addPolicy(change);
    const outcome = await run("exec", command("safe"));
    expect(effects).toEqual([]);
    expect(outcome.blocked).toBe(true);
    expect(guard.asked.map(({ call }) => call.args["command"])).toEqual(["safe", "rm -rf"]);
    expect(guard.statuses).toEqual(["not_executed"]);
  });

  test("a change to another allowed call runs as it was decided the second time", async () => {
    setUp(() => true);
    host.addPolicy(change);
    await run("exec", command("safe"));
    expect(effects).toEqual([{ command: "rm -rf" }]);
    expect(guard.statuses).toEqual(["not_executed", "success"]);
    const [first, second] = guard.asked.map(({ call }) => call.call_id);
    expect(first).not.toBe(second);
  });

  test("the live object changed in place is decided again", async () => {
    const params = command("safe");
    host.addPolicy(async (event) => {
      event.params["command"] = "rm -rf";
      return undefined;
    });
    await run("exec", params);
    expect(effects).toEqual([]);
  });

  test("arguments frozen by another plugin's approval: the output is withheld and the record says so", async () => {
    // OpenClaw keeps the parameters of the first hook that asks for an approval. That tool has run;
    // nothing a plugin can do stops it, and docs/openclaw.md says so.
    host.addHook(async () => ({ params: command("rm -rf"), requireApproval: {} }), 0);
    const outcome = await run("exec", command("safe"));
    expect(effects).toEqual([{ command: "rm -rf" }]);
    expect(textOf(outcome)).toMatch(/withheld: the tool was run with other arguments/);
    expect(textOf(outcome)).not.toMatch(/output$/);
    expect(guard.statuses).toEqual(["error"]);
  });
});

describe("bypass 2: the live object", () => {
  test("is never written to, also where paths are normalized", async () => {
    setUp(() => true);
    const params = Object.freeze({ path: "notes.txt" });
    await run("read", params);
    expect(params).toEqual({ path: "notes.txt" });
    expect(guard.asked[0]?.call.args).toEqual({ path: "/work/notes.txt" });
    expect(effects).toEqual([{ path: "/work/notes.txt" }]);
  });

  test("a getter cannot show one value to the decision and another to the tool", async () => {
    let reads = 0;
    const params = {
      get command() {
        return reads++ === 0 ? "safe" : "rm -rf";
      },
    };
    await run("exec", params);
    expect(effects.filter((effect) => (effect as { command: string }).command !== "safe")).toEqual([]);
  });
});

describe("bypass 3: other gateways", () => {
  test.each(["gatewayUrl", "gatewayToken"])("`%s` is refused whatever the policy says", async (name) => {
    setUp(() => true);
    const outcome = await run("sessions_list", { [name]: "x" });
    expect(effects).toEqual([]);
    expect(textOf(outcome)).toBe(`proclaw: the argument ${name} is not allowed`);
    expect(guard.statuses).toEqual(["not_executed"]);
  });
});

describe("bypass 4 and 5: calls without a requester, a run or a middleware", () => {
  test("HTTP calls are decided, unauthenticated, and end as unobserved", async () => {
    await run("exec", command("rm"), { via: "http", requester: { senderIsOwner: true } });
    expect(effects).toEqual([]);
    await run("exec", command("safe"), { via: "http", requester: { senderIsOwner: true } });
    expect(guard.asked.every(({ context }) => context.principal === undefined)).toBe(true);
    expect(guard.openPermits).toBe(1);
    await adapter.stop();
    expect(guard.statuses).toEqual(["unobserved"]);
  });

  test("a call that nobody settles becomes unobserved after its time", async () => {
    setUp(isSafe, { unobservedAfterMs: 20 });
    await run("exec", command("safe"), { via: "http" });
    await expect.poll(() => guard.statuses).toEqual(["unobserved"]);
  });

  test("MCP tools, which pass no middleware, are settled by after_tool_call", async () => {
    await run("exec", command("safe"), { via: "mcp" });
    expect(guard.statuses).toEqual(["success"]);
  });

  test("the requester becomes the principal", async () => {
    await run("exec", command("x"), { requester: { channel: "discord", senderId: "7", senderIsOwner: true } });
    expect(guard.asked[0]?.context).toMatchObject({
      agent_id: "main",
      session_id: "agent:main:main",
      principal: { sub: "discord::7", roles: ["owner"] },
    });
  });
});

describe("bypass 6: calls inside calls", () => {
  test("the inner call is decided by itself and names its parent", async () => {
    setUp(({ tool }) => tool !== "exec");
    await host.call({
      tool: "tool_call",
      params: { name: "exec" },
      toolCallId: "call 1",
      execute: async () => {
        await run("exec", command("x"), { toolCallId: "tool_search_code:call_1:exec:1" });
        await run("read", {}, { toolCallId: "tool_search_code:call_1:read:2", via: "http" });
        return "outer";
      },
    });
    expect(effects).toEqual([{}]);
    const [outer, inner] = guard.asked.map(({ call }) => call);
    expect(inner?.parent_call_id).toBe(outer?.call_id);
  });

  test("what is still open inside a call ends with it", async () => {
    setUp(() => true);
    await host.call({
      tool: "tool_call",
      params: {},
      toolCallId: "outer",
      execute: async () => {
        void host.call({ tool: "read", params: {}, toolCallId: "tool_search_code:outer:read:1", execute: never });
        await expect.poll(() => guard.openPermits).toBe(2);
        return "outer";
      },
    });
    expect([...guard.statuses].sort()).toEqual(["success", "unobserved"]);
  });
});

describe("bypass 7: the guard's own files", () => {
  test.each([
    ["write", { path: "/state/openclaw.json", content: "x" }],
    ["write", { path: "/work/../state/x", content: "x" }],
    ["write", { path: "file:///state/x", content: "x" }],
    ["edit", { path: "/plugin/dist/plugin.js", edits: [] }],
    ["edit", { path: "/trail/logs/x", edits: [] }],
    ["apply_patch", { input: "*** Begin Patch\n*** Update File: ../trail/keys/a.vkey\n*** End Patch" }],
    ["apply_patch", { input: "*** Begin Patch\n*** Update File: a\n*** Move to: /plugin/b\n*** End Patch" }],
  ])("%s %j is refused whatever the policy says", async (tool, params) => {
    setUp(() => true, { protectedPaths: ["/trail"] });
    const outcome = await run(tool, params);
    expect(effects).toEqual([]);
    expect(textOf(outcome)).toBe("proclaw: this path is protected by proclaw");
  });

  test("a workspace inside OpenClaw's state stays writable", async () => {
    setUp(() => true);
    host.workspace = "/state/workspace";
    await run("write", { path: "notes.md", content: "x" });
    expect(effects).toEqual([{ path: "/state/workspace/notes.md", content: "x" }]);
  });
});

describe("bypass 8 and the end of the service", () => {
  test("stop denies from then on, closes the guard, and start opens again", async () => {
    await host.services[0]?.start({ stateDir: "/state" });
    await host.services[0]?.stop?.({ stateDir: "/state" });
    expect(guard.closed).toBe(true);
    await run("exec", command("safe"));
    expect(effects).toEqual([]);
    await host.services[0]?.start({ stateDir: "/state" });
    await run("exec", command("safe"));
    expect(effects).toHaveLength(1);
  });

  test("stop does not wait for a guard that hangs", async () => {
    await run("exec", command("safe"), { via: "http" });
    guard.beforeSettle = never;
    await expect(adapter.stop()).resolves.toBeUndefined();
  });
});

describe("ids that come twice", () => {
  test("one after the other: two calls, two ids in the trail", async () => {
    await run("exec", command("safe"), { toolCallId: "call_0" });
    await run("exec", command("safe"), { toolCallId: "call_0" });
    expect(guard.statuses).toEqual(["success", "success"]);
    expect(new Set(guard.asked.map(({ call }) => call.call_id)).size).toBe(2);
  });

  test("at the same time: each output comes back under its own decision", async () => {
    setUp(() => true);
    const later = (text: string, ms: number) => () => new Promise((resolve) => setTimeout(() => resolve(text), ms));
    const first = run("exec", command("one"), { toolCallId: "same", execute: later("one's output", 30) });
    const second = run("exec", command("two"), { toolCallId: "same", execute: later("two's output", 10) });
    expect(textOf(await second)).toBe("two's output");
    expect(textOf(await first)).toBe("one's output");
    const outputOf = (command: string) => {
      const asked = guard.asked.find(({ call }) => call.args["command"] === command);
      return guard.settled.find(({ callId }) => callId === asked?.call.call_id)?.outcome;
    };
    expect(outputOf("one")).toMatchObject({ output: { content: [{ text: "one's output" }] } });
    expect(outputOf("two")).toMatchObject({ output: { content: [{ text: "two's output" }] } });
  });
});
