import { describe, expect, test } from "vitest";
import { ask } from "../fixtures/support.ts";
import { formatDiagnostics } from "./format.ts";
import { loadPolicyText } from "./load-policy.ts";

type Files = Readonly<Record<string, string>>;

/** Loads `/p/policy.yaml` of some files. */
function load(files: Files) {
  const text = files["/p/policy.yaml"] ?? "";
  return loadPolicyText(text, {
    file: "/p/policy.yaml",
    readFile(path) {
      const found = files[path];
      if (found === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return found;
    },
  });
}

function planOf(files: Files) {
  const loaded = load(files);
  if (!loaded.ok) throw new Error(formatDiagnostics(loaded.diagnostics));
  return loaded.plan;
}

const findings = (files: Files): readonly string[] =>
  load(files)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, file, line, column, message }) => `${file}:${line}:${column} ${code} ${message}`);

describe("what a policy extends", () => {
  test("brings its rules, variables, roles, tools and internal domains", () => {
    const plan = planOf({
      "/p/policy.yaml": "extends: [team/base.yaml]\nrules: [{ name: own, tool: own }]",
      "/p/team/base.yaml": `
extends: ../tools.yaml
variables: { limit: { type: number } }
roles: { nurse: { inherits: [staff] } }
internal_domains: [corp.example]
rules:
  - { name: staff may, tool: t, roles: [staff], constraints: { network: internal, n: { lte: "\${limit}" } } }
`,
      "/p/tools.yaml": "tools: { t: { network: [api.corp.example], aliases: { number: n } } }",
    });
    const context = { principal: { roles: ["nurse"] }, variables: { limit: 5 } };
    expect(ask(plan, "own", {}).effect).toBe("allow");
    expect(ask(plan, "t", { number: 5 }, { context }).effect).toBe("allow");
    expect(ask(plan, "t", { n: 6 }, { context }).effect).toBe("deny");
    expect(ask(plan, "t", { n: 5 }, { context: { ...context, variables: { limit: "5" } } }).reason_code).toBe(
      "evaluation_error",
    );
  });

  test("comes first in file order, which names the determining rule", () => {
    const plan = planOf({
      "/p/policy.yaml": "extends: base.yaml\nrules: [{ name: own, tool: t }]",
      "/p/base.yaml": "rules: [{ name: base, tool: t }]",
    });
    expect(ask(plan, "t", {})).toMatchObject({ rule_name: "base", determining_rules: ["base", "own"] });
  });

  test("keeps its own time zone, and takes the policy's where it has none", () => {
    const rule = (name: string): string => `rules: [{ name: ${name}, tool: ${name}, time_window: "12:00-13:00" }]`;
    const plan = planOf({
      "/p/policy.yaml": "timezone: Europe/Madrid\nextends: [utc.yaml, none.yaml]\nrules: []",
      "/p/utc.yaml": `timezone: UTC\n${rule("utc")}`,
      "/p/none.yaml": rule("none"),
    });
    const now = Date.parse("2026-03-02T12:30:00Z");
    expect(ask(plan, "utc", {}, { now }).effect).toBe("allow");
    expect(ask(plan, "none", {}, { now }).effect).toBe("deny");
    expect(ask(plan, "none", {}, { now: now - 3_600_000 }).effect).toBe("allow");
  });

  test("may be extended twice, and counts once", () => {
    const plan = planOf({
      "/p/policy.yaml": "extends: [a.yaml, b.yaml]\nrules: []",
      "/p/a.yaml": "extends: c.yaml",
      "/p/b.yaml": "extends: ./x/../c.yaml",
      "/p/c.yaml": "rules: [{ name: c, tool: t }]",
    });
    expect(plan.rules.map(({ name }) => name)).toEqual(["c"]);
  });

  test("can be a template and files together; a deny rule of any of them denies", () => {
    const plan = planOf({
      "/p/policy.yaml": "extends: [template:openclaw-personal, never.yaml]\nrules: [{ name: own, tool: read }]",
      "/p/never.yaml": "rules: [{ name: never, tool: read, effect: deny, constraints: { path: /x } }]",
    });
    expect(ask(plan, "read", { path: "/x" })).toMatchObject({ effect: "deny", rule_name: "never" });
    expect(ask(plan, "exec", { command: "ls" }).effect).toBe("require_approval");
  });
});

describe("clear errors", () => {
  const policy = (references: string, rest = "rules: []"): string => `version: 1\nextends: [${references}]\n${rest}\n`;

  test("a circle, named file by file, at the reference that closes it", () => {
    expect(
      findings({ "/p/policy.yaml": policy("a.yaml"), "/p/a.yaml": "extends: b.yaml", "/p/b.yaml": "extends: a.yaml" }),
    ).toEqual([
      "/p/b.yaml:1:10 extends_failed a policy cannot extend itself: `/p/a.yaml` extends `/p/b.yaml` extends `/p/a.yaml`",
    ]);
    expect(findings({ "/p/policy.yaml": policy("policy.yaml") })).toEqual([
      "/p/policy.yaml:2:11 extends_failed a policy cannot extend itself: `/p/policy.yaml` extends `/p/policy.yaml`",
    ]);
  });

  test("more than eight files deep", () => {
    const chain = (length: number): Files =>
      Object.fromEntries([
        ["/p/policy.yaml", policy("0.yaml")],
        ...Array.from({ length }, (_, i) => [
          `/p/${i}.yaml`,
          i === length - 1 ? "rules: []" : `extends: ${i + 1}.yaml`,
        ]),
      ]) as Files;
    expect(findings(chain(7))).toEqual([]);
    expect(findings(chain(8))).toEqual(["/p/6.yaml:1:10 extends_failed `7.yaml` lies more than 8 files deep"]);
  });

  test("missing files, all of them at once, with source and caret", () => {
    const text = policy("one.yaml, ./sub/two.yaml");
    const { diagnostics } = load({ "/p/policy.yaml": text });
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(formatDiagnostics(errors, { sources: { "/p/policy.yaml": text } })).toBe(
      `/p/policy.yaml:2:11: error: \`one.yaml\` cannot be read: there is no file \`/p/one.yaml\` [extends_failed]
  2 | extends: [one.yaml, ./sub/two.yaml]
    |           ^

/p/policy.yaml:2:21: error: \`./sub/two.yaml\` cannot be read: there is no file \`/p/sub/two.yaml\` [extends_failed]
  2 | extends: [one.yaml, ./sub/two.yaml]
    |                     ^
`,
    );
  });

  test("clashes: rules of one name, variables of two types, tools that contradict each other", () => {
    const found = findings({
      "/p/policy.yaml": policy("a.yaml, b.yaml", "rules: [{ name: r, tool: t }]"),
      "/p/a.yaml": "variables: { v: { type: string } }\ntools: { t: { sandbox: x } }\nrules: [{ name: r, tool: u }]",
      "/p/b.yaml": "variables: { v: { type: number } }\ntools: { t: { sandbox: y } }",
    });
    expect(found).toEqual([
      "/p/b.yaml:1:14 conflict variable `v` is declared with another type in another file",
      expect.stringMatching(/^\/p\/b\.yaml:2:\d+ conflict /),
      "/p/policy.yaml:3:9 duplicate_name two rules have the name `r`, the first in `/p/a.yaml`, line 3",
    ]);
  });

  test("the same declared twice alike is no clash", () => {
    expect(
      findings({
        "/p/policy.yaml": policy("a.yaml, b.yaml"),
        "/p/a.yaml": "variables: { v: { type: string } }\nroles: { r: { inherits: [s] } }",
        "/p/b.yaml": "variables: { v: { type: string } }\nroles: { r: { inherits: [s] } }",
      }),
    ).toEqual([]);
  });

  test("roles that inherit in a circle over two files", () => {
    expect(
      findings({
        "/p/policy.yaml": policy("a.yaml", "roles: { one: { inherits: [two] } }\nrules: []"),
        "/p/a.yaml": "roles: { two: { inherits: [one] } }",
      }),
    ).toEqual([
      "/p/a.yaml:1:10 conflict role `two` inherits from itself",
      "/p/policy.yaml:3:10 conflict role `one` inherits from itself",
    ]);
  });

  test("mistakes inside of what is extended stand there, beside those of the policy", () => {
    expect(
      findings({
        "/p/policy.yaml": policy("a.yaml", "rules: [{ name: r, tol: t }]"),
        "/p/a.yaml": "rules:\n  - name: q\n    tool: t\n    efect: deny",
      }).map((line) => line.split(" ").slice(0, 2).join(" ")),
    ).toEqual(["/p/a.yaml:4:5 unknown_key", "/p/policy.yaml:3:9 missing_key", "/p/policy.yaml:3:20 unknown_key"]);
  });
});
