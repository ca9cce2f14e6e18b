import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { memoryIo } from "./fixtures/memory-io.ts";
import { buildProgram } from "./program.ts";

const docs = readFileSync(join(import.meta.dirname, "../../../docs/cli.md"), "utf8");

/** Text between a heading of the second rank that begins with `title`, and the next one. */
function section(title: string): string {
  const start = docs.indexOf(`\n## \`${title}`);
  expect(start, `docs/cli.md has a section ${title}`).not.toBe(-1);
  const end = docs.indexOf("\n## ", start + 1);
  return docs.slice(start, end === -1 ? undefined : end);
}

function leaves(command: Command, path: readonly string[]): [string, Command][] {
  return command.commands.length === 0
    ? [[path.join(" "), command]]
    : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

describe("docs/cli.md", () => {
  const root = buildProgram(memoryIo().io).command;

  it.each(leaves(root, ["proclaw"]))("says everything that %s takes", (path, command) => {
    const text = section(path);
    for (const option of command.options) {
      expect(text).toContain(`\`${option.short === undefined ? "" : `${option.short}, `}${option.long}`);
    }
  });

  it("says what the command itself takes", () => {
    for (const option of root.options) expect(docs).toContain(`\`${option.long}\``);
  });

  it("names no command and no option that does not exist", () => {
    const known = new Set(leaves(root, ["proclaw"]).map(([path]) => path));
    for (const [, path = ""] of docs.matchAll(/^## `(proclaw(?: [a-z][a-z0-9-]*)+)/gm))
      expect([...known]).toContain(path);
    const options = new Set(
      [...leaves(root, []).flatMap(([, command]) => command.options), ...root.options].map(({ long }) => long),
    );
    options.add("--help").add("--silent").add("--strict-mode");
    for (const [, option = ""] of docs.matchAll(/`(--[a-z0-9-]+)/g)) expect([...options]).toContain(option);
  });
});
