import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ask, NOON } from "../fixtures/support.ts";
import { formatDiagnostics } from "./format.ts";
import { loadPolicyText, parseToolsText } from "./load-policy.ts";

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
const CLINIC = fixture("clinic.yaml");

describe("the form everybody starts with", () => {
  const tools = { fetch_medical_records: { network: "internal" } } as const;
  const loaded = loadPolicyText(CLINIC, { file: "clinic.yaml", tools });
  if (!loaded.ok) throw new Error("the first example does not load");
  const { plan } = loaded;
  const context = { variables: { current_patient_id: "p-1" } };

  test("loads unchanged, with a word on the missing time zone", () => {
    expect(loaded.diagnostics.map(({ severity, code, line }) => `${severity} ${code} ${line}`)).toEqual([
      "warning missing_timezone 14",
    ]);
    expect(plan.policy.sha256).toBe(createHash("sha256").update(CLINIC).digest("hex"));
  });

  test.each([
    ["fetch_medical_records", { patient_id: "p-1" }, "allowed_by_rule", "Allowed Medical Record Access"],
    ["fetch_medical_records", { patient_id: "p-2" }, "no_matching_rule", "Block Unknown Tools"],
    ["fetch_medical_records", {}, "no_matching_rule", "Block Unknown Tools"],
    [
      "fetch_medical_records",
      { patient_id: "p-1", fields: "all" },
      "unlisted_argument",
      "Allowed Medical Record Access",
    ],
    ["search_drug_info", { query: "aspirin 100" }, "allowed_by_rule", "Drug Database Search"],
    ["search_drug_info", { query: "ann@example.org" }, "no_matching_rule", "Block Unknown Tools"],
    ["search_drug_info", { query: "4111 1111 1111 1111" }, "data_class_denied", "Drug Database Search"],
    ["search_drug_info", { query: "a\nb" }, "no_matching_rule", "Block Unknown Tools"],
    ["schedule_appointment", { at: "tomorrow" }, "allowed_by_rule", "Appointment Scheduler"],
    ["delete_everything", {}, "no_matching_rule", "Block Unknown Tools"],
  ])("%s %j: %s", (tool, args, code, rule) => {
    expect(ask(plan, tool, args as never, { context })).toMatchObject({ reason_code: code, rule_name: rule });
  });

  test("without the variable, without a declared zone, at night", () => {
    expect(ask(plan, "fetch_medical_records", { patient_id: "p-1" }).reason_code).toBe("unknown_variable");
    const bare = loadPolicyText(CLINIC, { file: "clinic.yaml" });
    if (!bare.ok) throw new Error("does not load");
    expect(bare.diagnostics.map(({ code }) => code)).toContain("undeclared_zone");
    expect(ask(bare.plan, "fetch_medical_records", { patient_id: "p-1" }, { context }).reason_code).toBe(
      "no_matching_rule",
    );
    const at = (time: string): string =>
      ask(plan, "schedule_appointment", {}, { now: Date.parse(`2026-03-02T${time}Z`) }).effect;
    expect([at("07:59:59"), at("08:00:00"), at("17:59:59"), at("18:00:00")]).toEqual([
      "deny",
      "allow",
      "allow",
      "deny",
    ]);
  });
});

describe("the shapes of the full form", () => {
  const files: Readonly<Record<string, string>> = { "/p/team.yaml": "rules: [{ name: team, tool: teamwork }]" };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  };
  const loaded = loadPolicyText(fixture("shapes.yaml"), { file: "/p/shapes.yaml", readFile });

  test("load", () => {
    expect(loaded.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(loaded.ok).toBe(true);
  });

  test("and decide", () => {
    if (!loaded.ok) throw new Error("does not load");
    const { plan } = loaded;
    const context = { principal: { sub: "n", roles: ["nurse"] }, agent_id: "a" };
    const facts = { paths: { "/srv/notes/a.md": "/srv/notes/a.md" } };
    expect(ask(plan, "read", { path: "/srv/notes/a.md", limit: 3 }, { context, facts })).toMatchObject({
      effect: "allow",
      rule_name: "read notes",
    });
    expect(ask(plan, "read", { file_path: "/srv/notes/a.md" }, { context, facts }).effect).toBe("allow");
    expect(ask(plan, "read", { path: "/etc/ssl/key" }, { context, facts }).reason_code).toBe("missing_fact");
    const key = { facts: { paths: { "/etc/ssl/key": "/etc/ssl/key" } }, context };
    expect(ask(plan, "read", { path: "/etc/ssl/key" }, key)).toMatchObject({
      reason_code: "denied_by_rule",
      reason: "the key store is off limits",
    });
    const transfer = {
      amount: 50,
      iban: "ES0123456789012345678901".slice(0, 24),
      note: "rent",
      tags: ["a"],
      meta: { source: "app" },
    };
    expect(ask(plan, "transfer", transfer, { context, now: NOON })).toMatchObject({
      effect: "require_approval",
      rule_name: "small transfers",
    });
    expect(ask(plan, "transfer", { ...transfer, amount: 101 }, { context, now: NOON }).effect).toBe("deny");
    expect(ask(plan, "teamwork", {}).effect).toBe("allow");
    expect(ask(plan, "exec", { command: "ls" })).toMatchObject({ effect: "require_approval" });
  });

  test("`extends`: a file that is missing, broken, or brings what it may not", () => {
    const load = (team: string | undefined, reference = "./team.yaml") =>
      loadPolicyText(`extends: ${reference}\nrules: []`, {
        file: "/p/x.yaml",
        readFile: (path) => {
          if (team === undefined || path !== "/p/team.yaml") throw Object.assign(new Error("x"), { code: "ENOENT" });
          return team;
        },
      }).diagnostics.map(({ code, file, line }) => `${code} ${file}:${line}`);
    expect(load(undefined)).toEqual(["extends_failed /p/x.yaml:1"]);
    expect(load("rules: [")).toEqual([expect.stringMatching(/^syntax \/p\/team\.yaml:/)]);
    expect(load("mode: audit")).toEqual(["extends_failed /p/team.yaml:1"]);
    expect(load("\nrules:\n  - { name: d, default: true, allow: false }")).toEqual(["extends_failed /p/team.yaml:3"]);
    expect(load("extends: ./team.yaml\nrules: []")).toEqual(["extends_failed /p/team.yaml:1"]);
    expect(load("rules: []", "template:openclaw-persona")).toEqual(["extends_failed /p/x.yaml:1"]);
    expect(load("rules: []")).toEqual(["denies_everything /p/x.yaml:2"]);
  });
});

describe("findings come all at once, with their places", () => {
  const TEXT = `version: 1
rules:
  - name: a
    tol: t
  - name: b
    tool: t
    constraints:
      x: "^rm"
      y: { equls: 1 }
  - name: b
    tool: t
    allow: true
    effect: deny
`;
  test("line, column, hint", () => {
    const { ok, diagnostics } = loadPolicyText(TEXT, { file: "p.yaml" });
    expect(ok).toBe(false);
    expect(diagnostics.map(({ code, line, column, hint }) => [code, line, column, hint?.slice(0, 22)])).toEqual([
      ["missing_key", 3, 5, undefined],
      ["unknown_key", 4, 5, "did you mean `tool`?"],
      ["looks_like_pattern", 8, 10, "write `regex:` with th"],
      ["unknown_key", 9, 12, "did you mean `equals`?"],
      ["duplicate_name", 10, 5, undefined],
      ["conflict", 12, 5, "keep one of them"],
    ]);
  });

  test("as people read them", () => {
    const { diagnostics } = loadPolicyText(TEXT, { file: "p.yaml" });
    expect(formatDiagnostics(diagnostics.slice(1, 2), { sources: { "p.yaml": TEXT } })).toBe(
      "p.yaml:4:5: error: unknown key `tol` in a rule [unknown_key]\n  4 |     tol: t\n    |     ^\n  hint: did you mean `tool`?\n",
    );
    expect(formatDiagnostics(diagnostics, { sources: { "p.yaml": TEXT }, color: true })).toContain(
      "\u001b[31merror\u001b[0m",
    );
  });

  test("control characters of a hostile file do not reach the terminal", () => {
    const text = 'rules:\n  - { name: "\\u001b[2J", tool: t, "x\\u001b]0;": 1 }\n';
    const { diagnostics } = loadPolicyText(text, { file: "p.yaml" });
    expect(formatDiagnostics(diagnostics, { sources: { "p.yaml": text } })).not.toContain("\u001b");
  });

  test("tools: places in their own file", () => {
    const parsed = parseToolsText("tools:\n  t:\n    netwrok: none\n", { file: "tools.yaml" });
    if (!parsed.ok) throw new Error("does not parse");
    const { ok, diagnostics } = loadPolicyText("rules: []", { file: "p.yaml", tools: parsed });
    expect(ok).toBe(false);
    expect(diagnostics).toMatchObject([{ code: "unknown_key", file: "tools.yaml", line: 3, column: 5 }]);
    expect(parseToolsText("tols: {}").ok).toBe(false);
    expect(parseToolsText("[]").ok).toBe(false);
    expect(parseToolsText('{"tools": {}}')).toMatchObject({ ok: true, tools: {} });
  });
});

describe("a number without a unit", () => {
  const place = (text: string, tools?: string) => {
    const parsed = tools === undefined ? undefined : parseToolsText(tools);
    const { ok, diagnostics } = loadPolicyText(`rules: [{ name: r, tool: t${text} }]`, {
      tools: parsed?.ok === true ? parsed : undefined,
    });
    return [ok, ...diagnostics.map(({ severity, code, hint }) => `${severity} ${code} ${hint}`)];
  };
  test("is refused where a person wrote it", () => {
    const hint = "error unstated_unit write `5s` or `5ms`";
    expect(place(", rate_limit: { limit: 1, per: 5 }")).toEqual([false, hint]);
    expect(place("", "tools: { t: { timeout: 5 } }")).toEqual([false, hint]);
    expect(place("", "tools: { t: { timeout: 5ms } }")).toEqual([true]);
  });
  test("is refused in a policy's `tools`", () => {
    const { ok, diagnostics } = loadPolicyText("tools: { t: { timeout: 5 } }\nrules: [{ name: r, tool: t }]");
    expect(ok).toBe(false);
    expect(diagnostics).toMatchObject([{ severity: "error", code: "unstated_unit", hint: "write `5s` or `5ms`" }]);
  });
  test("is milliseconds where a host registers its tools", () => {
    const loaded = loadPolicyText("rules: [{ name: r, tool: t }]", { tools: { t: { timeout: 400 } } });
    if (!loaded.ok) throw new Error("does not load");
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.plan.tools["t"]?.timeoutMs).toBe(400);
  });
});

describe("one mistake does not hide another, nor drown it", () => {
  const found = (text: string) =>
    loadPolicyText(text, { file: "p.yaml" }).diagnostics.map(
      ({ code, line, column, message, hint }) =>
        `${line}:${column} ${code} ${message}${hint === undefined ? "" : `; ${hint}`}`,
    );

  test("a key that stands twice, and what else is wrong", () => {
    const twice =
      "rules:\n  - name: a\n    tool: t\n    tool: u\n  - { name: a, tool: t, effect: deny, allow: true }\n  - name: a\n    tol: x\n    tool: t\n";
    expect(found(twice)).toEqual([
      "4:5 duplicate_key the key `tool` stands twice in the same mapping; it stands first in line 3, column 5",
      "5:5 duplicate_name two rules have the name `a`, the first in line 2",
      expect.stringMatching(/^5:\d+ conflict /),
      "6:5 duplicate_name two rules have the name `a`, the first in line 2",
      "7:5 unknown_key unknown key `tol` in a rule; did you mean `tool`?",
    ]);
    expect(loadPolicyText("rules: [{ name: a, tool: t }]\nmode: audit\nmode: audit\n").ok).toBe(false);
    expect(parseToolsText("tools: {}\ntools: {}\n").ok).toBe(false);
  });

  test("a key that stands twice in what aliases bring again is said once", () => {
    const twice = "a: &a { x: 1, x: 2 }\nb: [*a, *a, *a]\nrules: [{ name: a, tool: t }]\n";
    expect(found(twice).filter((line) => line.includes("duplicate_key"))).toHaveLength(1);
  });

  test("a tool with a bad name", () => {
    expect(found("tools:\n  fs.*:\n    netwrok: none\nrules: [{ name: a, tool: t }]")).toEqual([
      expect.stringMatching(/^2:3 invalid_value /),
      "3:5 unknown_key unknown key `netwrok` in a tool; did you mean `network`?",
    ]);
  });

  test("a time zone that is wrong is not also missing", () => {
    expect(found("timezone: Madrid\nrules:\n  - { name: a, tool: t, time_window: 08:00-18:00 }")).toEqual([
      expect.stringMatching(/^1:11 invalid_value /),
    ]);
  });

  test("a text that is no YAML", () => {
    const prose = Array.from({ length: 30 }, (_, i) => `* [item ${i}](x) and "more": of \`it\``).join("\n");
    const lines = found(`# A title\n\n${prose}\n`);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/ syntax and \d+ more syntax errors from here on; is this file YAML at all\?$/);
  });

  test("errors of syntax stand where they are to be mended", () => {
    expect(found("rules:\n  - name: a\n    tool: 'x\n    effect: deny\n")).toEqual([
      "3:11 syntax this quote is never closed",
    ]);
    expect(found("rules:\n  - name: a\n   tool: t\n")).toEqual([expect.stringMatching(/^3:4 syntax /)]);
    expect(found('rules: "')).toEqual(["1:8 syntax this quote is never closed"]);
  });
});

describe("YAML, strictly", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]
g: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]
`;
  test.each([
    ["nothing", "", "syntax"],
    ["only a comment", "# hello", "syntax"],
    ["a list", "[]", "wrong_type"],
    ["two documents", "rules: []\n---\nrules: []", "syntax"],
    ["a duplicate key", "rules: []\nrules: []", "duplicate_key"],
    [
      "a duplicate key deep inside",
      "rules:\n  - name: a\n    tool: t\n    constraints: { x: 1, x: 2 }",
      "duplicate_key",
    ],
    ["a tag", "rules: !!set {}", "syntax"],
    ["an own tag", "rules: !mine []", "syntax"],
    ["YAML 1.1", "%YAML 1.1\n---\nrules: []", "syntax"],
    ["an alias to nothing", "rules: *x", "syntax"],
    ["an alias to itself", "rules: &a [*a]", "syntax"],
    ["aliases that explode", bomb, "syntax"],
    ["a number that JSON lacks", "rules: [{ name: a, tool: t, constraints: { x: .inf } }]", "syntax"],
    ["a key that is no string", "rules: []\n1: 2", "syntax"],
    ["a key that is a list", "rules: []\n? [a]\n: 2", "syntax"],
    ["deep nesting", `rules: ${"[".repeat(100)}${"]".repeat(100)}`, "syntax"],
    ["an open quote", 'rules: "', "syntax"],
    ["a lone surrogate", 'rules: [{ name: "\\ud800", tool: t }]', "invalid_value"],
  ])("%s", (_, text, code) => {
    const { ok, diagnostics } = loadPolicyText(text, { file: "p.yaml" });
    expect(ok).toBe(false);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    for (const diagnostic of diagnostics)
      expect(diagnostic).toMatchObject({ file: "p.yaml", line: expect.any(Number), column: expect.any(Number) });
  });

  test("plain words stay strings: YAML 1.2 knows neither `no` nor sexagesimal numbers", () => {
    const loaded = loadPolicyText("rules: [{ name: no, tool: on, constraints: { x: yes, y: 12:30 } }]");
    if (!loaded.ok) throw new Error("does not load");
    expect(ask(loaded.plan, "on", { x: "yes", y: "12:30" }).effect).toBe("allow");
  });

  test("a few aliases are fine", () => {
    const loaded = loadPolicyText(
      "rules:\n  - { name: a, tool: &t [x, y] }\n  - { name: b, tool: *t, effect: deny, roles: [r] }",
    );
    expect(loaded.ok).toBe(true);
  });

  test("`__proto__` is a name like any other", () => {
    const loaded = loadPolicyText(
      'rules: [{ name: a, tool: t, effect: deny, constraints: { "__proto__": { present: true } } }, { name: b, tool: t }]\n',
    );
    if (!loaded.ok) throw new Error("does not load");
    expect(ask(loaded.plan, "t", JSON.parse('{"__proto__":1}') as never).effect).toBe("deny");
    expect(ask(loaded.plan, "t", {}).effect).toBe("allow");
  });
});
