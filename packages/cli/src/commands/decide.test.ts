import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CLINIC_CALLS, writeClinic } from "../fixtures/clinic.ts";
import { memoryIo } from "../fixtures/memory-io.ts";
import { run, temporaryFolder } from "../fixtures/run.ts";
import { runCli } from "../run-cli.ts";

const folder = temporaryFolder();
beforeAll(() => {
  writeClinic(folder);
  writeFileSync(
    join(folder, "limited.yaml"),
    `rules:
  - { name: twice, tool: ping, effect: allow, rate_limit: { limit: 2, per: 1m } }
  - { name: files, tool: read, effect: allow, constraints: { path: { path: { within: [/srv/notes] } } } }
  - { name: ask, tool: send, effect: require_approval }
`,
  );
});

type Answer = {
  readonly effect: string;
  readonly reason_code: string;
  readonly reason: string;
  readonly rule_name: string | null;
};

async function decide(input: string | Uint8Array, ...options: readonly string[]): Promise<Answer[]> {
  const { code, out, err } = await run(["decide", ...options], { cwd: folder, stdin: input });
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out === "" || out.endsWith("\n")).toBe(true);
  return out
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Answer);
}

const clinic = ["--policy", "clinic.yaml", "--tools", "tools.yaml"];
const limited = ["--policy", "limited.yaml"];
const lines = (calls: readonly unknown[]): string => calls.map((call) => `${JSON.stringify(call)}\n`).join("");
const codes = (answers: readonly Answer[]): string[] => answers.map(({ reason_code }) => reason_code);

describe("decide", () => {
  it("decides the clinic's calls, in order, four members each", async () => {
    const answers = await decide(lines(CLINIC_CALLS.map(({ call }) => call)), ...clinic);
    expect(answers).toEqual(CLINIC_CALLS.map(({ answer }) => ({ ...answer, reason: expect.any(String) })));
    for (const answer of answers) expect(Object.keys(answer)).toEqual(["effect", "reason_code", "reason", "rule_name"]);
  });

  it("prints whole decisions on request, those of lines that are no call too", async () => {
    const [ask, limit, bad] = await decide(
      `{"tool":"send","args":{}}\n{"tool":"ping","args":{}}\nx\n`,
      ...limited,
      "--full",
    );
    expect(ask).toMatchObject({
      effect: "require_approval",
      rule_id: "ask",
      determining_rules: ["ask"],
      obligations: [{ type: "approval", rule_id: "ask" }],
      mode: "enforce",
    });
    expect(limit).toMatchObject({ rule_id: "twice", obligations: [{ type: "rate_limit", limit: 2 }] });
    expect(bad).toMatchObject({ reason_code: "invalid_call", rule_id: null, determining_rules: [], obligations: [] });
    expect(bad).toHaveProperty("plan_sha256", (ask as unknown as { plan_sha256: string }).plan_sha256);
  });

  it("reads the calls from a file", async () => {
    writeFileSync(join(folder, "calls.jsonl"), lines(CLINIC_CALLS.map(({ call }) => call)));
    expect(await decide("", ...clinic, "--calls", "calls.jsonl")).toHaveLength(CLINIC_CALLS.length);
    const missing = await run(["decide", ...clinic, "--calls", "nowhere.jsonl"], { cwd: folder });
    expect(missing).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("cannot read calls file `nowhere.jsonl`"),
    });
    const isFolder = await run(["decide", ...clinic, "--calls", "."], { cwd: folder });
    expect(isFolder).toMatchObject({ code: 2, out: "", err: expect.stringContaining("is a folder") });
  });

  it("answers line N with line N, whatever stands in it", async () => {
    const good = '{"tool":"search_drug_info","args":{"query":"aspirin"}}';
    const bad = [
      "",
      "   ",
      "garbage",
      "{}",
      "null",
      '{"tool":"search_drug_info","args":{"query":"x","query":"aspirin"}}',
      '{"tool":"search_drug_info","args":{"query":"\\ud800"}}',
      '{"tool":"search_drug_info","args":{"query":"aspirin"},"context":{"agent_id":7}}',
      '{"tool":"search_drug_info","args":{"query":"aspirin"},"context":{"principal":{"roles":"nurse"}}}',
      '{"tool":"search_drug_info","args":{"query":"aspirin"},"context":{"now":"yesterday"}}',
      '{"tool":"search_drug_info","args":{"query":"aspirin"},"facts":{"paths":7}}',
      '{"tool":"search_drug_info","args":{"query":"aspirin"},"extra":1}',
    ];
    const answers = await decide(bad.flatMap((line) => [`${line}\n`, `${good}\n`]).join(""), ...clinic);
    expect(codes(answers)).toEqual(bad.flatMap(() => ["invalid_call", "allowed_by_rule"]));
    const bytes = Buffer.concat([
      Buffer.from('{"tool":"'),
      Uint8Array.from([0xff]),
      Buffer.from(`","args":{}}\n${good}`),
    ]);
    expect(codes(await decide(bytes, ...clinic))).toEqual(["invalid_call", "allowed_by_rule"]);
    expect(codes(await decide(`${good}\r\n${good}`, ...clinic))).toEqual(["allowed_by_rule", "allowed_by_rule"]);
    expect(await decide("", ...clinic)).toEqual([]);
  });

  it("denies what is too large, and goes on", async () => {
    const long = JSON.stringify({ tool: "search_drug_info", args: { query: "x".repeat(9 * 1024 * 1024) } });
    const large = JSON.stringify({ tool: "search_drug_info", args: { query: "x".repeat(2 * 1024 * 1024) } });
    const good = '{"tool":"search_drug_info","args":{"query":"aspirin"}}';
    expect(codes(await decide(`${long}\n${large}\n${good}\n`, ...clinic))).toEqual([
      "argument_too_large",
      "argument_too_large",
      "allowed_by_rule",
    ]);
  });

  it("survives nesting of every depth", async () => {
    const nested = (depth: number): string => `{"tool":"x","args":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}\n`;
    const answers = await decide([10, 60, 100, 500, 600, 1_000_000].map(nested).join(""), ...clinic);
    const [small, large] = ["no_matching_rule", "argument_too_large"];
    expect(codes(answers)).toEqual([small, small, large, large, large, large]);
  });

  it("counts rate limits across the lines, at their times, once per call id", async () => {
    const at = (seconds: number, call_id?: string): unknown => ({
      tool: "ping",
      args: {},
      context: { now: new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString() },
      ...(call_id === undefined ? {} : { call_id }),
    });
    const answers = await decide(
      lines([at(0), at(0), at(1), at(31), at(31), at(600, "c"), at(600, "c"), at(600, "c"), at(600), at(600)]),
      ...limited,
    );
    const [yes, no] = ["allowed_by_rule", "rate_limited"];
    expect(codes(answers)).toEqual([yes, yes, no, yes, no, yes, yes, yes, yes, no]);
    expect(answers[2]).toMatchObject({ effect: "deny", rule_name: "twice" });
  });

  it("resolves no paths, unless told to assume them", async () => {
    const call = (path: string, more: object = {}): unknown => ({ tool: "read", args: { path }, ...more });
    const calls = [
      call("/srv/notes/a"),
      call("/srv/notes/a", { facts: { paths: { "/srv/notes/a": "/srv/notes/a" } } }),
      call("/srv/notes/a", { facts: { paths: { "/srv/notes/a": "/etc/passwd" } } }),
      call("b", { context: { working_directory: "/srv/notes" } }),
    ];
    const [missing, yes, no] = ["missing_fact", "allowed_by_rule", "no_matching_rule"];
    expect(codes(await decide(lines(calls), ...limited))).toEqual([missing, yes, no, missing]);
    const more = [call("/srv/notes/../etc"), call("b"), call("~/x", { context: { working_directory: "/srv/notes" } })];
    const assumed = await decide(lines([...calls, ...more]), ...limited, "--assume-lexical-paths");
    expect(codes(assumed).slice(0, 5)).toEqual([yes, yes, no, yes, no]);
    expect(assumed.slice(5).map(({ effect }) => effect)).toEqual(["deny", "deny"]);
  });

  it("asks for approval", async () => {
    expect(await decide('{"tool":"send","args":{}}', ...limited)).toMatchObject([
      { effect: "require_approval", reason_code: "approval_required" },
    ]);
  });

  it.each([
    ["rules: 7"],
    ["rules: [{ name: a, tool: x, effect: perhaps }]"],
    ["rules: [{ name: a, tool: x, tool: y, effect: allow }]"],
    ["rules: ["],
    ["version: 99\nrules: []"],
    [""],
  ])("prints nothing and ends with 2 when the policy cannot load: %j", async (text) => {
    writeFileSync(join(folder, "bad.yaml"), text);
    const { code, out, err } = await run(["decide", "--policy", "bad.yaml"], {
      cwd: folder,
      stdin: '{"tool":"x","args":{}}\n',
    });
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("error: policy `bad.yaml` cannot be loaded (invalid_policy)");
    expect(err).not.toMatch(/\n {4}at /);
  });

  it("answers before it waits for more", async () => {
    const call = '{"tool":"send","args":{}}\n';
    let printed = 0;
    const answered: number[] = [];
    const memory = memoryIo({
      cwd: folder,
      onWrite: () => void printed++,
      stdin: (async function* () {
        yield Buffer.from(call);
        answered.push(printed);
        yield Buffer.from(call + call.slice(0, 5));
        answered.push(printed);
        yield Buffer.from(call.slice(5));
      })(),
    });
    expect(await runCli(["decide", ...limited], memory.io)).toBe(0);
    expect(answered).toEqual([1, 2]);
    expect(memory.stdout().trimEnd().split("\n")).toHaveLength(3);
  });

  it("reads no further while nobody takes its answers", async () => {
    let pulled = 0;
    const memory = memoryIo({
      cwd: folder,
      stdin: (async function* () {
        for (;;) {
          pulled++;
          yield Buffer.from('{"tool":"send","args":{}}\n');
        }
      })(),
    });
    const { promise: written, resolve: onWrite } = Promise.withResolvers<void>();
    const stuck = {
      isTTY: false,
      write: async (): Promise<void> => {
        onWrite();
        await new Promise(() => {});
      },
    };
    const done = runCli(["decide", ...limited], { ...memory.io, stdout: stuck });
    await written;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(1);
    memory.interrupt();
    expect(await done).toBe(130);
  });

  it("says on standard error that a policy is in audit mode", async () => {
    writeFileSync(join(folder, "audit.yaml"), "mode: audit\nrules: [{ name: a, tool: x, effect: allow }]");
    const { code, out, err } = await run(["decide", "--policy", "audit.yaml"], {
      cwd: folder,
      stdin: '{"tool":"y","args":{}}\n',
    });
    expect(code).toBe(0);
    expect(err).toContain("the policy is in audit mode");
    expect(JSON.parse(out)).toMatchObject({ effect: "allow", reason_code: "audit_mode" });
  });
});
