import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, temporaryFolder } from "./fixtures/run.ts";
import { hiderOf } from "./hide-userinfo.ts";

const URL_OF = "postgres://a:SECRET13@127.0.0.1:1/audit";
const SLIPS: readonly string[] = [
  "postgres//a:SECRET13@127.0.0.1:1/audit",
  " postgres://a:SECRET13@127.0.0.1:1/audit",
  "postgres:a:SECRET13@127.0.0.1:1/audit",
  "postgres:/a:SECRET13@127.0.0.1:1/audit",
  "a:SECRET13@127.0.0.1:1/audit",
  "postgres://a:SECRET13@x:SECRET13@127.0.0.1:1/audit",
  "postgres://a:SECRET13/y@127.0.0.1:1/audit",
  "postgres://a:'SECRET13\u0007@127.0.0.1:1/audit",
  "s3://KEY:SECRET13@bucket/x",
  "https://SECRET13@host/x",
  "postgres://127.0.0.1:1/audit?user=a&password=SECRET13&sslmode=disable",
];

const folder = temporaryFolder();
const key = join(folder, "key.pem");
writeFileSync(key, "no key\n");

const COMMANDS: readonly (readonly [string, (url: string) => string[]])[] = [
  ["rotate-key", (url) => ["audit", "rotate-key", url, "--signing-key", key]],
  ["rotate-key, as the key", (url) => ["audit", "rotate-key", folder, "--signing-key", url]],
  ["rotate-key, surplus", (url) => ["audit", "rotate-key", folder, url, "--signing-key", key]],
  ["doctor s3", (url) => ["doctor", "s3", url]],
  ["doctor postgres, surplus", (url) => ["doctor", "postgres", url, "extra"]],
  ["doctor postgres, twice", (url) => ["doctor", "postgres", "postgres://b@h/x", url]],
  ["doctor, forgotten word", (url) => ["doctor", url]],
  ["no command", (url) => [url]],
  ["help", (url) => ["help", url]],
  ["audit, forgotten word", (url) => ["audit", url]],
  ["audit verify, surplus", (url) => ["audit", "verify", "t1", url]],
  ["audit verify, as the level", (url) => ["audit", "verify", "t1", "--require", url]],
  ["audit verify, as workers", (url) => ["audit", "verify", folder, "--workers", url]],
  ["audit verify, as an option", (url) => ["audit", "verify", `--${url}`]],
  ["audit verify, as an option's value", (url) => ["audit", "verify", `--store=${url}`]],
  ["audit verify, as the state", (url) => ["audit", "verify", folder, "--resume", url]],
  ["audit prove", (url) => ["audit", "prove", folder, url]],
  ["lint", (url) => ["lint", url]],
  ["check", (url) => ["check", "--policy", url, "--call", "{}"]],
  ["completion", (url) => ["completion", url]],
];

describe("no command says a password", () => {
  describe.each(COMMANDS)("%s", (_name, words) => {
    it.each([URL_OF, ...SLIPS])("%j", async (url) => {
      for (const more of [[], ["--json"], ["--debug"]]) {
        const { out, err } = await run([...words(url), ...more], { cwd: folder });
        expect(out + err).not.toBe("");
        expect(out + err).not.toContain("SECRET13");
      }
    });
  });

  it("where it opens the store", async () => {
    for (const words of [
      ["audit", "verify"],
      ["audit", "tail"],
      ["audit", "export"],
      ["doctor", "postgres"],
    ]) {
      const { code, out, err } = await run([...words, URL_OF]);
      expect(code).toBe(2);
      expect(out + err).not.toContain("SECRET13");
    }
  });
});

describe("hiderOf", () => {
  it("leaves the rest of a word as it is", async () => {
    const { err } = await run(["doctor", "s3", URL_OF]);
    expect(err).toContain("`postgres://…@127.0.0.1:1/audit` is no place in S3");
    for (const word of [
      "packages/@proclaw/cli",
      "a@b.yaml",
      "s3://bucket/a@b",
      "postgres://h:5432/x?a=b@c",
      "C:\\trail",
    ]) {
      expect(hiderOf([word])(`\`${word}\``)).toBe(`\`${word}\``);
    }
  });
});
