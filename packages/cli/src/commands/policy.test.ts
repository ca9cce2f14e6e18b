import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CLINIC_CALLS, writeClinic } from "../fixtures/clinic.ts";
import { run, temporaryFolder } from "../fixtures/run.ts";
import type { RunResult } from "../fixtures/run.ts";
import type { MemoryIoOptions } from "../fixtures/memory-io.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const cli = (argv: readonly string[], options: MemoryIoOptions = {}): Promise<RunResult> =>
  run(argv, { cwd: folder, ...options });

beforeAll(() => {
  writeClinic(folder);
  writeFileSync(
    file("bad.yaml"),
    "rules:\n  - name: a\n    tol: x\n    effect: allow\n  - name: b\n    tool: x\n    effect: perhaps\n",
  );
  writeFileSync(
    file("doubtful.yaml"),
    'rules:\n  - { name: a, tool: x, constraints: { time_window: "08:00-18:00" } }\n',
  );
  writeFileSync(file("clean.yaml"), "rules:\n  - { name: a, tool: x, effect: allow }\n");
  writeFileSync(
    file("ask.yaml"),
    "rules:\n  - { name: a, tool: x, effect: require_approval, reason: a person decides }\n",
  );
});

describe("lint", () => {
  it("is quiet about a clean policy, however it is named", async () => {
    expect(await cli(["lint", "clean.yaml"])).toEqual({ code: 0, out: "clean.yaml: ok\n", err: "" });
    expect(await cli(["lint", "--policy", "clean.yaml"])).toEqual({ code: 0, out: "clean.yaml: ok\n", err: "" });
    expect((await cli(["lint", "clean.yaml", "--policy", "clean.yaml", "ask.yaml"])).out).toBe(
      "clean.yaml: ok\nclean.yaml: ok\nask.yaml: ok\n",
    );
  });

  it("says what is wrong, where, all at once", async () => {
    const { code, out, err } = await cli(["lint", "bad.yaml"]);
    expect(code).toBe(1);
    expect(err).toBe("");
    expect(out).toContain("bad.yaml:3:5");
    expect(out).toContain("tol");
    expect(out).toContain("perhaps");
    expect(out).toMatch(/bad\.yaml: \d+ errors/);
  });

  it("lets warnings pass, unless they are to fail", async () => {
    const { code, out } = await cli(["lint", "doubtful.yaml"]);
    expect(out).toMatch(/doubtful\.yaml: \d+ warning/);
    expect(code).toBe(0);
    expect((await cli(["lint", "--strict", "doubtful.yaml"])).code).toBe(1);
  });

  it("answers in JSON", async () => {
    const { code, out } = await cli(["lint", "--json", "clean.yaml", "bad.yaml"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      v: 1,
      ok: false,
      files: [
        { file: "clean.yaml", errors: 0, warnings: 0, diagnostics: [] },
        {
          file: "bad.yaml",
          diagnostics: expect.arrayContaining([
            expect.objectContaining({ severity: "error", code: "unknown_key", file: "bad.yaml", line: 3, column: 5 }),
          ]),
        },
      ],
    });
  });

  it("ends with 2 for a file that cannot be read, even beside others", async () => {
    expect(await cli(["lint", "clean.yaml", "nowhere.yaml"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("`nowhere.yaml`: no such file"),
    });
    expect(await cli(["lint", "."])).toMatchObject({ code: 2, err: expect.stringContaining("is a folder") });
    writeFileSync(file("latin1.yaml"), Uint8Array.from([0x72, 0xe4]));
    expect(await cli(["lint", "latin1.yaml"])).toMatchObject({ code: 2, err: expect.stringContaining("not UTF-8") });
  });

  it("knows what the host knows, and refuses what it cannot read of it", async () => {
    expect((await cli(["lint", "clinic.yaml", "--tools", "tools.yaml"])).code).toBe(0);
    writeFileSync(file("tools.json"), JSON.stringify({ tools: { search_drug_info: { network: "internal" } } }));
    expect((await cli(["lint", "clinic.yaml", "--tools", "tools.json"])).code).toBe(0);
    writeFileSync(file("bad-tools.yaml"), "tools: { a: { netwrk: internal } }");
    const { code, out } = await cli(["lint", "clinic.yaml", "--tools", "bad-tools.yaml"]);
    expect(code).toBe(1);
    expect(out).toContain("bad-tools.yaml:1:15: error");
    expect(out).toContain("| tools: { a: { netwrk: internal } }");
    const check = ["check", "--policy", "clinic.yaml", "--call", '{"tool":"x","args":{}}', "--tools"];
    expect(await cli([...check, "bad-tools.yaml"])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("bad-tools.yaml:1:15: error"),
    });
    for (const text of ["", "tools: 7", "tool: {}", "{", "[]"]) {
      writeFileSync(file("no-tools.yaml"), text);
      expect(await cli([...check, "no-tools.yaml"])).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringContaining("tools file `no-tools.yaml` cannot be loaded (invalid_option)"),
      });
    }
  });

  it("is not driven by what stands in a policy", async () => {
    writeFileSync(file("hostile.yaml"), 'rules:\n  - "\u009b31mname": x\n    "\\e]0;owned\\a": y\n');
    const { code, out } = await cli(["lint", "hostile.yaml"]);
    expect(code).toBe(1);
    expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("follows extends from the file's own folder", async () => {
    mkdirSync(file("sub"), { recursive: true });
    writeFileSync(file("sub/base.yaml"), "rules:\n  - { name: base, tool: y, effect: allow }\n");
    writeFileSync(file("sub/top.yaml"), "extends: [./base.yaml]\nrules:\n  - { name: a, tool: x, effect: allow }\n");
    expect(await cli(["lint", "sub/top.yaml"])).toMatchObject({ code: 0, err: "" });
    expect(await cli(["check", "--policy", "sub/top.yaml", "--call", '{"tool":"y","args":{}}'])).toMatchObject({
      code: 0,
    });
  });
});

describe("compile", () => {
  it("writes the plan and prints its digest, by which it is accepted", async () => {
    const { code, out, err } = await cli(["compile", "clinic.yaml", "--tools", "tools.yaml", "-o", "plan.json"]);
    expect(err).toBe("");
    expect(code).toBe(0);
    const sha256 = createHash("sha256")
      .update(readFileSync(file("plan.json")))
      .digest("hex");
    expect(out).toBe(`${sha256}  plan.json\n`);
    const calls = CLINIC_CALLS.map(({ call }) => `${JSON.stringify(call)}\n`).join("");
    const byPlan = await cli(["decide", "--plan", "plan.json", "--plan-sha256", sha256], { stdin: calls });
    expect(byPlan.err).toBe("");
    expect(byPlan.out).toBe(
      (await cli(["decide", "--policy", "clinic.yaml", "--tools", "tools.yaml"], { stdin: calls })).out,
    );
    const other = await cli(["decide", "--plan", "plan.json", "--plan-sha256", "0".repeat(64)], { stdin: calls });
    expect(other).toMatchObject({ code: 2, out: "", err: expect.stringContaining("another digest") });
  });

  it("refuses a plan that was changed", async () => {
    const { out } = await cli(["compile", "clean.yaml", "-o", "changed.json", "--json"]);
    const { plan_sha256 } = JSON.parse(out) as { plan_sha256: string };
    writeFileSync(file("changed.json"), readFileSync(file("changed.json"), "utf8").replace('"allow"', '"deny"'));
    const argv = ["check", "--plan", "changed.json", "--plan-sha256", plan_sha256, "--call", '{"tool":"x","args":{}}'];
    expect(await cli(argv)).toMatchObject({ code: 2, out: "" });
    for (const text of ["", "{}", "[]", '{"planVersion":1,"planVersion":1}', "\u0000"]) {
      writeFileSync(file("changed.json"), text);
      expect(await cli(argv)).toMatchObject({ code: 2, out: "", err: expect.not.stringContaining("internal_error") });
    }
  });

  it("never writes over its input, by whatever name", async () => {
    const text = "rules:\n  - { name: a, tool: x, effect: allow }\n";
    writeFileSync(file("source.yaml"), text);
    symlinkSync("source.yaml", file("link.yaml"));
    linkSync(file("source.yaml"), file("hard.yaml"));
    for (const output of ["source.yaml", "./source.yaml", "link.yaml", "hard.yaml"]) {
      for (const force of [[], ["--force"]]) {
        expect(await cli(["compile", "source.yaml", "-o", output, ...force])).toMatchObject({
          code: 2,
          out: "",
          err: expect.stringContaining("is the input itself"),
        });
      }
    }
    expect(readFileSync(file("source.yaml"), "utf8")).toBe(text);
  });

  it("replaces a plan, and anything else only with --force", async () => {
    writeFileSync(file("notes.txt"), "mine");
    const argv = ["compile", "clean.yaml", "-o", "notes.txt"];
    expect(await cli(argv)).toMatchObject({
      code: 2,
      err: expect.stringContaining("`notes.txt` exists and is not a plan"),
    });
    expect(readFileSync(file("notes.txt"), "utf8")).toBe("mine");
    expect((await cli([...argv, "--force"])).code).toBe(0);
    expect((await cli(argv)).code).toBe(0);
    expect(await cli(["compile", "clean.yaml", "-o", ".", "--force"])).toMatchObject({ code: 2, out: "" });
  });

  it("writes nothing for a policy with errors", async () => {
    const { code, out, err } = await cli(["compile", "bad.yaml", "-o", "never.json"]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("bad.yaml:3:5");
    expect(existsSync(file("never.json"))).toBe(false);
  });
});

describe("check", () => {
  const call = (tool: string): string => JSON.stringify({ tool, args: {} });

  it("exits by what was decided", async () => {
    expect(await cli(["check", "--policy", "clean.yaml", "--call", call("x")])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^allow {2}allowed_by_rule\n/),
    });
    expect(await cli(["check", "--policy", "clean.yaml", "--call", call("y")])).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^deny {2}no_matching_rule\n/),
    });
    const asked = await cli(["check", "--policy", "ask.yaml", "--call", call("x")]);
    expect(asked).toMatchObject({ code: 4, out: expect.stringMatching(/^require_approval {2}approval_required\n/) });
    expect(asked.out).toContain("a person decides");
  });

  it("reads the call from standard input", async () => {
    expect((await cli(["check", "--policy", "clean.yaml", "--call", "-"], { stdin: `${call("x")}\n` })).code).toBe(0);
  });

  it.each([["garbage"], ["{}"], ['{"tool":"x","tool":"x","args":{}}'], ['{"tool":"x","args":{},"context":{"now":1}}']])(
    "denies what is no call: %s",
    async (text) => {
      expect(await cli(["check", "--policy", "clean.yaml", "--call", text])).toMatchObject({
        code: 3,
        out: expect.stringContaining("invalid_call"),
      });
      expect(await cli(["check", "--policy", "clean.yaml", "--call", text, "--explain"])).toMatchObject({ code: 3 });
    },
  );

  it("says where the text of a call goes wrong, and names a member that it does not know", async () => {
    const check = ["check", "--policy", "clean.yaml", "--call"];
    expect((await cli([...check, "{bad}"])).out).toContain("the text is not JSON: it goes wrong at line 1, column 2");
    expect((await cli([...check, '{"tool":"x","args":{},"contxt":{}}'])).out).toContain("unknown member `contxt`");
    // Not in decide, whose calls are an agent's.
    const decided = await cli(["decide", "--policy", "clean.yaml"], { stdin: '{"tool":"x","args":{},"contxt":{}}\n' });
    expect(decided.out).not.toContain("contxt");
  });

  it("says what to add where a path cannot be judged", async () => {
    writeFileSync(
      file("paths.yaml"),
      "rules:\n  - { name: a, tool: read, effect: allow, constraints: { path: { path: { within: [/srv/notes] } } } }\n",
    );
    const of = (path: string): string => JSON.stringify({ tool: "read", args: { path } });
    const check = ["check", "--policy", "paths.yaml", "--call"];
    const bare = await cli([...check, of("/srv/notes/a.md")]);
    expect(bare).toMatchObject({ code: 3, out: expect.stringContaining("missing_fact") });
    expect(bare.out).toContain('"facts":{"paths":{"/srv/notes/a.md":"/srv/notes/a.md"}}');
    expect(bare.out).toContain("--assume-lexical-paths");
    expect((await cli([...check, of("/srv/notes/a.md"), "--assume-lexical-paths"])).code).toBe(0);
    const relative = await cli([...check, of("a.md"), "--assume-lexical-paths"]);
    expect(relative.out).toContain('"context":{"working_directory":"/…"}');
    expect(JSON.parse((await cli([...check, of("a.md"), "--json"])).out)).toHaveProperty("hint");
  });

  it("answers in JSON, with the engine's whole decision", async () => {
    const { code, out } = await cli(["check", "--policy", "clean.yaml", "--call", call("x"), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      v: 1,
      decision: { effect: "allow", rule_id: "a", determining_rules: ["a"], obligations: [] },
    });
    expect(JSON.parse(out)).not.toHaveProperty("explanation");
  });

  it("explains", async () => {
    const argv = [
      "check",
      "--policy",
      "clinic.yaml",
      "--tools",
      "tools.yaml",
      "--explain",
      "--call",
      JSON.stringify(CLINIC_CALLS[3]?.call),
    ];
    const { code, out } = await cli(argv);
    expect(code).toBe(3);
    expect(out).toContain("Drug Database Search");
    expect(out).toContain("query");
    const json = JSON.parse((await cli([...argv, "--json"])).out) as { explanation: unknown };
    expect(json.explanation).toMatchObject({
      rules: [{ name: "Drug Database Search", result: "false" }],
      other_rules: 2,
      change: { rule_name: "Drug Database Search" },
    });
  });
});
