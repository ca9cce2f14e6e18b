import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeClinic } from "./fixtures/clinic.ts";
import { temporaryFolder } from "./fixtures/run.ts";
import { writeTrail } from "./fixtures/trail.ts";

const folder = temporaryFolder();

/** Package names (or `@proclaw/x/file.ts`) of what a command loads. */
function modulesOf(...argv: readonly string[]): string[] {
  const child = spawnSync(
    process.execPath,
    ["--conditions", "@proclaw/source", join(import.meta.dirname, "fixtures/modules-of.ts"), ...argv],
    { cwd: folder, encoding: "utf8" },
  );
  const { code, loaded } = JSON.parse(child.stderr) as { code: number; loaded: string[] };
  expect(code).toBe(0);
  return loaded.map(
    (url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? /\/packages\/(.*)$/.exec(url)?.[1] ?? url,
  );
}

describe("what is loaded", () => {
  beforeAll(async () => {
    writeClinic(folder);
    await writeTrail(folder, 1);
  });

  it.each([["verify"], ["export"], ["tail"]])("for audit %s: no policy compiler", (command) => {
    const modules = modulesOf("audit", command, "trail");
    expect(
      modules.filter((name) => /^(yaml|zod|@eslint-community|re2js|engine\/|runtime\/|redact\/)/.test(name)),
    ).toEqual([]);
    expect(modules).toContain("commander");
  });

  it("for help: nothing but the command line itself", () => {
    const modules = modulesOf("--help");
    expect(modules.filter((name) => !/^(node:|commander$|core\/|cli\/)/.test(name))).toEqual([]);
    expect(modules.filter((name) => name.startsWith("cli/src/commands/"))).toEqual([]);
  });

  it("for lint: the compiler, so that this test can see it", () => {
    const modules = modulesOf("lint", "clinic.yaml");
    expect(modules).toEqual(expect.arrayContaining(["yaml", "engine/src/yaml.ts"]));
    expect(modules.filter((name) => /^(audit|verify)\//.test(name))).toEqual([]);
  });
});
