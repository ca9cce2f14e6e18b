import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { run, temporaryFolder } from "../fixtures/run.ts";
import { TEMPLATE_NAMES, templateOf } from "../templates.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

describe("init", () => {
  beforeEach(() => writeFileSync(file("mine.yaml"), "mine"));

  it.each(TEMPLATE_NAMES)("writes %s, which lints clean", async (template) => {
    const name = `${template}.yaml`;
    const { code, out, err } = await run(["init", "--template", template, name], { cwd: folder });
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain(`wrote ${name}`);
    expect(out).toContain(`proclaw lint ${name}`);
    expect(readFileSync(file(name), "utf8")).toBe(templateOf(template).text);
    const lint = await run(["lint", "--strict", name], { cwd: folder });
    expect(lint.out).toBe(`${name}: ok\n`);
    expect(lint.code).toBe(0);
    const call = JSON.stringify(templateOf(template).call);
    expect(out).toContain(`--call '${call}'`);
    expect(out).toContain("--explain --assume-lexical-paths");
    const tried = await run(["check", "--policy", name, "--explain", "--assume-lexical-paths", "--call", call], {
      cwd: folder,
    });
    // As the template says: the shell of the third one is denied.
    expect(tried.code).toBe(template === "openclaw" ? 3 : 0);
    expect(tried.out).not.toContain("missing_fact");
  });

  it("writes policy.yaml unless told otherwise", async () => {
    expect((await run(["init"], { cwd: folder })).code).toBe(0);
    expect(existsSync(file("policy.yaml"))).toBe(true);
  });

  it("never overwrites without --force", async () => {
    const { code, out, err } = await run(["init", "mine.yaml"], { cwd: folder });
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("cannot write policy file `mine.yaml`: exists already");
    expect(err).toContain("--force");
    expect(readFileSync(file("mine.yaml"), "utf8")).toBe("mine");
    expect((await run(["init", "--force", "mine.yaml"], { cwd: folder })).code).toBe(0);
    expect(readFileSync(file("mine.yaml"), "utf8")).toBe(templateOf("minimal").text);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("answers in JSON", async () => {
    const { out } = await run(["init", "--json", "--force", "mine.yaml"], { cwd: folder });
    expect(JSON.parse(out)).toEqual({ v: 1, file: "mine.yaml", template: "minimal" });
  });

  it("says why it cannot write", async () => {
    const { code, err } = await run(["init", "nowhere/policy.yaml"], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain("no such file or folder");
  });
});
