import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isNamesake, isPlainProgram, isPlainSubcommand, isWrapper, plainWords, WRAPPERS } from "./plain-command.ts";

const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...characters.split(""));

describe("plain words", () => {
  test("are what stands between blanks", () => {
    expect(plainWords("git status")).toEqual(["git", "status"]);
    expect(plainWords(" \tls  -la\t/srv/a.b ")).toEqual(["ls", "-la", "/srv/a.b"]);
    expect(plainWords("dd if=/dev/zero of=x,y:z@1%")).toEqual(["dd", "if=/dev/zero", "of=x,y:z@1%"]);
    expect(plainWords(`echo ${"a".repeat(65_531)}`)).toHaveLength(2);
  });

  test.each([
    ["nothing", ""],
    ["blanks", " \t"],
    ["a quote", "ls 'a'"],
    ["a line break", "ls\nrm"],
    ["an operator", "ls;rm"],
    ["an expansion", "ls $x"],
    ["an assignment in front", "a=b ls"],
    ["an option in front", "-x"],
    ["zsh's expansion of `=`", "cat =rm"],
    ["a letter of another alphabet", "l\u0455"],
    ["a space that is not plain", "ls\u00a0rm"],
    ["too long", `echo ${"a".repeat(65_532)}`],
  ])("%s is none", (_, text) => {
    expect(plainWords(text)).toBeNull();
  });

  const words = fc.array(
    fc.string({ unit: oneOf("abzAZ09_@%+=:,./-~$;&|<>(){}[]*?!#'\"\\` \t\n\r\0é"), maxLength: 8 }),
    { minLength: 1, maxLength: 5 },
  );

  test("property: plain texts are exactly those of the characters, whose words are allowed where they stand", () => {
    fc.assert(
      fc.property(words, (parts) => {
        const text = parts.join(" ");
        const cut = text.split(/[ \t]+/).filter((word) => word !== "");
        const plain =
          /^[A-Za-z0-9_@%+=:,./ \t-]+$/.test(text) &&
          cut.length > 0 &&
          !/^[-+]|=/.test(cut[0] as string) &&
          cut.every((word) => !word.startsWith("="));
        expect(plainWords(text)).toEqual(plain ? cut : null);
      }),
      { seed: 4, numRuns: 20_000 },
    );
  });

  // Windows has no POSIX shell, and `command` does not claim to read its own.
  test.skipIf(process.platform === "win32")("a real shell reads them as the same words", () => {
    const mostlyPlain = fc.array(
      fc.string({
        unit: oneOf("abzAZ09_@%+=:,./-".repeat(8) + "~$;*?!#'\\\n{"),
        minLength: 1,
        maxLength: 6,
      }),
      { minLength: 1, maxLength: 4 },
    );
    const samples = fc
      .sample(mostlyPlain, { seed: 9, numRuns: 3_000 })
      .map((parts) => parts.join(" "))
      .filter((text) => plainWords(text) !== null);
    const texts = [...new Set(samples)].slice(0, 1_000);
    expect(texts.length).toBeGreaterThan(300);
    // `set --` takes the words as the shell has cut and expanded them; nothing of them is run.
    const script = texts.map((text) => `set -- ${text}\nprintf '%s\\037' "$@"\necho`).join("\n");
    for (const shell of ["/bin/sh", "/bin/bash", "/bin/zsh"].filter((path) => existsSync(path))) {
      const printed = execFileSync(shell, ["-c", script], { cwd: "/", encoding: "utf8", maxBuffer: 1 << 26 });
      const read = printed
        .split("\n")
        .slice(0, -1)
        .map((line) => line.split("\u001f").slice(0, -1));
      expect(read).toEqual(texts.map(plainWords));
    }
  });
});

test("what a policy may name", () => {
  expect(["git", "/usr/bin/git", "./x", "g++", "7z", "."].map(isPlainProgram)).not.toContain(false);
  expect(["-x", "+x", "a=b", "=a", "a b", "", "a*", "${p}"].map(isPlainProgram)).not.toContain(true);
  expect(["status", "a=b", "//x"].map(isPlainSubcommand)).not.toContain(false);
  expect(["--version", "+x", "", "a b", "=a"].map(isPlainSubcommand)).not.toContain(true);
});

describe("wrappers", () => {
  test("are known by name, at any place, in any letters, with a version", () => {
    const wrappers = ["env", "/usr/bin/env", "ENV", "python", "python3", "python3.12", "lua-5.4", "./sh", ".", "run0"];
    expect(wrappers.filter((name) => !isWrapper(name))).toEqual([]);
    expect(
      ["git", "ls", "environment", "python3x", "git.sh", "7z", "3", "git-sh", "old-x", "lda"].filter(isWrapper),
    ).toEqual([]);
  });

  test("are known as another build, and loaders by their first letters", () => {
    const builds = ["busybox.static", "vim.tiny", "bash-static", "python3.12-dbg", "SH.EXE", "systemd-run.x", "x86_64"];
    const loaders = ["ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "ld.so", "ld.so.1", "LD-x"];
    expect([...builds, ...loaders].filter((name) => !isWrapper(name))).toEqual([]);
  });

  test("a program of the same name has another place, other letters, or more behind a dot", () => {
    expect(["rm", "/tmp/rm", "RM", "./rm.exe", "rm.static.1"].filter((word) => !isNamesake(word, "/bin/rm"))).toEqual(
      [],
    );
    expect(["rmdir", "rm2", "rm-x", "x.rm", ".rm", "r"].filter((word) => isNamesake(word, "rm"))).toEqual([]);
    expect(isNamesake("rm", "rm.exe")).toBe(false);
  });

  test("are listed in the document, all of them and no other", () => {
    const text = readFileSync(new URL("../../../docs/policy/README.md", import.meta.url), "utf8");
    const listed = /<!-- wrappers -->\n(.*?)\n<!-- end of wrappers -->/s.exec(text)?.[1] ?? "";
    const names = new Set([...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(names).toEqual(WRAPPERS);
  });
});
