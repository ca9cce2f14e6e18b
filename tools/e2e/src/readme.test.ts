import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fencesOf } from "./readme-examples.ts";
import { ExampleFolder, promisedOutput } from "./run-example.ts";

const root = join(import.meta.dirname, "../../..");
const folders: ExampleFolder[] = [];
const folder = (): ExampleFolder => {
  const made = new ExampleFolder();
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) made.dispose();
});

/** Documents quote as JSON does, the console as JavaScript does. */
const plainQuotes = (text: string): string => text.replaceAll("'", '"').trim();

const documents = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md"];
const packageReadmes = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);

test("README: the ten lines and the check of what happened run as written", async () => {
  const here = folder();
  const fences = fencesOf(join(root, "README.md"));
  const titled = (title: string): string => {
    const fence = fences.find((one) => one.info === `title=${title}`);
    if (fence === undefined) throw new Error(`README has no block titled ${title}`);
    return fence.code;
  };
  here.write("clinic_policy.yaml", titled("clinic_policy.yaml"));
  here.write("agent.mjs", titled("agent.mjs"));
  const agent = await here.node("agent.mjs");
  expect(agent).toMatchObject({ status: 0, stderr: "" });
  expect(agent.stdout.trim().split("\n")).toEqual(promisedOutput(titled("agent.mjs")));

  const command = titled("verify").trim();
  expect(command).toMatch(/^npx proclaw /);
  const cli = `"${process.execPath}" --no-warnings --conditions @proclaw/source "${join(root, "packages/cli/src/bin.ts")}"`;
  const verified = await here.run("sh", ["-c", command.replace("npx proclaw", cli)]);
  expect(verified.status, verified.stderr).toBe(0);
  expect(verified.stdout).toMatch(/intact/i);
});

test("README: every root command it names exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const document of documents) {
    const named = readFileSync(join(root, document), "utf8").matchAll(/pnpm@12\.21\.0 (?:--silent )?([a-z][a-z:]*)/g);
    for (const [, name] of named) expect(Object.keys(scripts), `${document} names ${name}`).toContain(name);
  }
});

test.each(packageReadmes)("%s: its TypeScript blocks run and print what they say", async (readme) => {
  const blocks = fencesOf(join(root, readme)).filter((fence) => fence.language === "ts");
  expect(blocks.length).toBeGreaterThan(0);
  const here = folder();
  // Files that a block needs stand in the same document, titled with their names.
  for (const fence of fencesOf(join(root, readme))) {
    const name = /^title=(\S+\.(?:yaml|json))$/.exec(fence.info)?.[1];
    if (name !== undefined) here.write(name, fence.code);
  }
  for (const [i, block] of blocks.entries()) {
    if (block.info === "no-run") continue;
    here.write(`block${i}.ts`, block.code);
    const run = await here.node(`block${i}.ts`);
    expect(run, `block in line ${block.line}`).toMatchObject({ status: 0, stderr: "" });
    // Lines with ids and times cannot be promised, so they may stand between those that are.
    const printed = run.stdout.split("\n").map(plainQuotes);
    for (const promised of promisedOutput(block.code).map(plainQuotes)) {
      const at = printed.indexOf(promised);
      expect(at, `\`${promised}\` among ${JSON.stringify(printed)}`).not.toBe(-1);
      printed.splice(0, at + 1);
    }
  }
});

test.each([...documents, ...packageReadmes])("%s: relative links lead somewhere", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
    expect(existsSync(join(root, dirname(document), target)), `${document} links to ${target}`).toBe(true);
  }
});
