import { describe, expect, it } from "vitest";
import { memoryIo } from "./fixtures/memory-io.ts";
import { run } from "./fixtures/run.ts";
import { runCli } from "./run-cli.ts";

const COMMANDS = [
  ["init"],
  ["lint"],
  ["compile"],
  ["check"],
  ["decide"],
  ["audit"],
  ["audit", "verify"],
  ["audit", "export"],
  ["audit", "tail"],
  ["completion"],
];

describe("help", () => {
  it.each([[[]], ...COMMANDS.map((command) => [command])])(
    "%j --help has usage, options and an example",
    async (command) => {
      const { code, out, err } = await run([...command, "--help"]);
      expect(code).toBe(0);
      expect(err).toBe("");
      expect(out).toMatch(new RegExp(`^Usage: proclaw${command.map((word) => ` ${word}`).join("")} `));
      expect(out).toContain("Options:");
      expect(out).toMatch(/\nExamples:\n {2}\$ /);
      expect(out).not.toContain("\u001b");
      expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
    },
  );

  it("is in color on a terminal", async () => {
    expect((await run(["--help"], { tty: true })).out).toContain("\u001b[1mUsage:");
    expect((await run(["--help"], { tty: true, env: { NO_COLOR: "1" } })).out).not.toContain("\u001b");
  });

  it("names every command", async () => {
    const { out } = await run(["--help"]);
    for (const [name] of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  it("stands in for an error when no command is named", async () => {
    const { code, out, err } = await run([]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("Usage: proclaw");
    expect((await run(["audit"])).err).toContain("Usage: proclaw audit");
  });

  it("prints the version", async () => {
    const { code, out } = await run(["--version"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
});

describe("wrong usage", () => {
  it.each([
    [["frobnicate"], "unknown command `frobnicate`", "see `proclaw --help`"],
    [["lnit"], "unknown command `lnit`", "did you mean"],
    [["lint", "--strct", "x"], "unknown option `--strct`", "did you mean --strict? see `proclaw lint --help`"],
    [["lint"], "no policy file is named", null],
    [["compile", "x.yaml"], "required option", null],
    [["check", "--call", "{}"], "no policy is named", "--policy"],
    [["check", "--policy", "x.yaml"], "required option", null],
    [["audit", "verify"], "missing required argument `store`", "see `proclaw audit verify --help`"],
    [["audit", "verify", "a", "b"], "too many arguments", null],
    [["audit", "nothing"], "unknown command `nothing`", null],
    [["completion", "tcsh"], "no completion for shell `tcsh`", "bash, zsh and fish"],
    [["init", "--template", "x"], "Allowed choices are minimal", null],
    [["decide", "--plan", "p", "--policy", "x"], "cannot be used with", null],
    [["decide", "--plan", "p"], "--plan needs --plan-sha256", null],
    [["decide", "--policy", "p", "--plan-sha256", "x"], "--plan-sha256 goes with --plan", null],
    [["audit", "tail", ".", "-n", "many"], "--lines takes a number", null],
    [["audit", "verify", "gopher://x"], "no store has the scheme `gopher:`", "known are a folder"],
    [["audit", "verify", "file://elsewhere/x"], "is no file: URL", null],
  ])("%j: status 2, one line and a hint, no stack", async (argv, message, hint) => {
    const { code, out, err } = await run(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    if (hint !== null) expect(err).toContain(hint);
    expect(err).toMatch(/^error: .* \(invalid_option\)\n(hint: .*\n)?$/);
  });

  it("is a JSON object too where --json was asked for", async () => {
    const { code, out, err } = await run(["lint", "--json", "--strct"]);
    expect(code).toBe(2);
    expect(err).toContain("unknown option");
    expect(JSON.parse(out)).toEqual({
      v: 1,
      error: {
        code: "invalid_option",
        message: expect.any(String),
        hint: expect.stringContaining("proclaw lint --help"),
      },
    });
  });

  it("never puts anything but decisions on decide's standard output", async () => {
    expect((await run(["decide", "--json"])).out).toBe("");
    expect((await run(["decide", "--policy", "none.yaml"])).out).toBe("");
  });

  it("shows a hostile name harmlessly", async () => {
    const { err } = await run(["lint", "\u001b]0;owned\u0007.yaml"]);
    expect(err).not.toContain("\u001b");
    expect(err).not.toContain("\u0007");
    expect(err).toContain("\\u{1b}]0;owned");
  });

  it.each([["lint"], ["compile", "-o", "plan.json"], ["check", "--call", "{}", "--policy"], ["decide", "--policy"]])(
    "an unreadable policy: %j",
    async (...argv) => {
      const { code, out, err } = await run([...argv, "missing.yaml"]);
      expect(code).toBe(2);
      expect(out).toBe("");
      expect(err).toContain("cannot read policy file `missing.yaml`: no such file or folder");
    },
  );
});

describe("unexpected failures", () => {
  const failing = (): ReturnType<typeof memoryIo> => {
    const memory = memoryIo();
    const stdout = {
      isTTY: false,
      write: async (): Promise<void> => {
        throw new TypeError("secret 4111");
      },
    };
    return { ...memory, io: { ...memory.io, stdout } };
  };

  it("show one line and nothing of what was being read", async () => {
    const memory = failing();
    expect(await runCli(["completion", "bash"], memory.io)).toBe(2);
    expect(memory.stderr()).toMatch(/^error: unexpected failure \(internal_error\)\nhint: .*--debug.*\n$/);
  });

  it("show the stack with --debug", async () => {
    const memory = failing();
    expect(await runCli(["--debug", "completion", "bash"], memory.io)).toBe(2);
    expect(memory.stderr()).toContain("TypeError: secret 4111\n    at ");
  });
});

describe("interruption", () => {
  it("ends a command that waits for input", async () => {
    const memory = memoryIo({
      stdin: (async function* () {
        await new Promise(() => {});
        yield new Uint8Array(0);
      })(),
    });
    const done = runCli(["check", "--policy", "/dev/null", "--call", "-"], memory.io);
    memory.interrupt();
    expect(await done).toBe(130);
  });

  it("ends before it begins", async () => {
    const memory = memoryIo();
    memory.interrupt();
    expect(await runCli(["--help"], memory.io)).toBe(130);
    expect(memory.stdout()).toBe("");
  });
});
