import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CASE_IDS } from "./cases.ts";
import { documentedCases, withCaseTable } from "./table.ts";

const docs = readFileSync(join(import.meta.dirname, "../../../../docs/openclaw.md"), "utf8");

test("the table in docs/openclaw.md has the cases of the suite, all of them, in order", () => {
  expect(documentedCases(docs)).toEqual(CASE_IDS);
});

test("no two cases share a name, and all fit a session key and a script's name", () => {
  expect(new Set(CASE_IDS).size).toBe(CASE_IDS.length);
  for (const id of CASE_IDS) expect(id).toMatch(/^[a-z-]+$/);
});

test("writing the table replaces what stood between the markers and nothing else", () => {
  const rows = [{ id: "one", what: "a thing", without: "yes", with: "no", trail: "`exec deny`" }];
  const written = withCaseTable(docs, rows);
  expect(documentedCases(written)).toEqual(["one"]);
  expect(written.split("<!-- openclaw-suite")[0]).toBe(docs.split("<!-- openclaw-suite")[0]);
  expect(written.split("openclaw-suite: end")[1]).toBe(docs.split("openclaw-suite: end")[1]);
  expect(withCaseTable(written, rows)).toBe(written);
});

test("a page without the markers is refused", () => {
  expect(() => withCaseTable("no markers", [])).toThrow(/markers/);
});
