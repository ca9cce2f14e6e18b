import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { memoryIo } from "../fixtures/memory-io.ts";
import { run, temporaryFolder } from "../fixtures/run.ts";
import { writeTrail } from "../fixtures/trail.ts";
import type { WrittenTrail } from "../fixtures/trail.ts";
import { runCli } from "../run-cli.ts";

const folder = temporaryFolder();
let trail: WrittenTrail;
let checkpoint: string;

beforeAll(async () => {
  trail = await writeTrail(folder, 20);
  const checkpoints = join(trail.folder, "logs", trail.log, "checkpoints");
  checkpoint = join(checkpoints, readdirSync(checkpoints).sort().at(-1) ?? "");
});

/** A copy of the trail to do harm to. */
function copy(name: string): { readonly folder: string; readonly segment: string } {
  const target = join(folder, name);
  cpSync(trail.folder, target, { recursive: true });
  return { folder: target, segment: trail.segment.replace(trail.folder, target) };
}

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function digest(of: string): string {
  const hash = createHash("sha256");
  for (const name of (readdirSync(of, { recursive: true }) as string[]).sort()) {
    hash.update(name);
    const file = join(of, name);
    if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

describe("audit verify", () => {
  it("says that a trail is intact, what that means, and what to do next", async () => {
    const before = digest(trail.folder);
    const { code, out, err } = await run(["audit", "verify", trail.folder]);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/^INTACT: 22 records in 1 log\n/);
    expect(out).toContain("level L0: ");
    expect(out).toContain("but: ");
    expect(out).toContain(`log ${trail.log}: 22 records, 0 under a trusted checkpoint, closed`);
    expect(out).toContain("next: pass --key");
    expect(digest(trail.folder)).toBe(before);
  });

  it("reaches L1 with the key and says what an anchor adds", async () => {
    const withKey = await run(["audit", "verify", trail.folder, "--key", trail.key]);
    expect(withKey.code).toBe(0);
    expect(withKey.out).toContain("level L1: ");
    expect(withKey.out).toContain("can still rewrite history");
    expect(withKey.out).toContain("--anchor");
    // The newest note of the log of checkpoints vouches for every log.
    expect(withKey.out).toMatch(/cp \S+\/checkpoints\/[0-9a-f]{8}\/checkpoints\/\d{16}\.note …/);
    expect(withKey.out).not.toContain("WARNING");
    const withAnchor = await run(["audit", "verify", trail.folder, "--key", trail.key, "--anchor", checkpoint]);
    expect(withAnchor.code).toBe(0);
    expect(withAnchor.out).toContain("anchor: ");
    expect(withAnchor.out).not.toContain("next:");
  });

  it("prints the JSON that the notes fix", async () => {
    const { code, out } = await run(["audit", "verify", trail.folder, "--json", "--key", trail.key]);
    expect(code).toBe(0);
    const report = JSON.parse(out) as Record<string, unknown>;
    expect(report).toMatchObject({
      v: 1,
      verdict: "intact",
      level: "L1",
      records: 22,
      logs: [{ log: trail.log, records: 22, head: expect.stringMatching(/^[0-9a-f]{64}$/), covered: 22, closed: true }],
      first_bad: null,
    });
    expect(Object.keys(report).slice(0, 6)).toEqual(["v", "verdict", "level", "records", "logs", "first_bad"]);
  });

  it("finds a flipped byte and names the place", async () => {
    const bad = copy("flipped");
    flipByte(bad.segment, Math.floor(statSync(bad.segment).size / 2));
    const { code, out } = await run(["audit", "verify", bad.folder, "--key", trail.key]);
    expect(code).toBe(1);
    expect(out).toMatch(/^TAMPERED OR BROKEN: /);
    expect(out).toMatch(/first bad: \w+ at logs\/.*\.jsonl:\d+ in log [0-9a-f-]+, record \d+/);
    expect(out).toContain("next: copy the trail before anything else touches it: cp -a ");
    const json = JSON.parse((await run(["audit", "verify", bad.folder, "--json"])).out) as Record<string, unknown>;
    expect(json).toMatchObject({
      verdict: "tampered",
      level: null,
      first_bad: {
        log: trail.log,
        seq: expect.any(Number),
        file: expect.any(String),
        line: expect.any(Number),
        kind: expect.any(String),
      },
    });
  });

  it("finds an end that was cut together with its checkpoints by an anchor, and only by it", async () => {
    const cut = copy("cut");
    const lines = readFileSync(cut.segment, "utf8").split("\n");
    writeFileSync(cut.segment, `${lines.slice(0, 5).join("\n")}\n`);
    rmSync(join(cut.folder, "logs", trail.log, "checkpoints"), { recursive: true });
    const bound = await run(["audit", "verify", cut.folder]);
    expect(bound.code).toBe(1);
    expect(bound.out).toContain("truncated_below_bound");
    rmSync(join(cut.folder, "checkpoints"), { recursive: true });
    expect((await run(["audit", "verify", cut.folder])).code).toBe(0);
    const { code, out } = await run(["audit", "verify", cut.folder, "--anchor", checkpoint]);
    expect(code).toBe(1);
    expect(out).toContain("truncated_below_anchor");
  });

  it("does not let a trail without its checkpoints pass for a signed one", async () => {
    const bare = copy("bare");
    rmSync(join(bare.folder, "logs", trail.log, "checkpoints"), { recursive: true });
    const verify = ["audit", "verify", bare.folder, "--key", trail.key];
    const { code, out } = await run(verify);
    expect(code).toBe(0);
    expect(out).toContain(`WARNING: nothing that the given key signed covers log ${trail.log} (22 records, closed)`);
    expect(out).toContain("notice: closed_without_checkpoint");
    const required = await run([...verify, "--require", "L1"]);
    expect(required.code).toBe(1);
    expect(required.out).toContain("REQUIRED L1: NOT REACHED: the trail proves L0 only");
    const json = await run([...verify, "--require", "L1", "--json"]);
    expect(json.code).toBe(1);
    expect(json.err).toContain("WARNING");
    expect(JSON.parse(json.out)).toMatchObject({ verdict: "intact", required: { level: "L1", reached: false } });
    const strict = await run([...verify, "--strict"]);
    expect(strict.code).toBe(1);
    expect(strict.out).toContain("first bad: unsigned_close");
  });

  it.each([
    [["--require", "L1"], true, 0, "required L1: reached"],
    [["--require", "L2"], true, 1, "REQUIRED L2: NOT REACHED: the trail proves L1 only"],
    [["--require", "L1"], false, 1, "no --key was given"],
  ])("%j with a key: %j ends with %i", async (options, withKey, expected, words) => {
    const key = withKey ? ["--key", trail.key] : [];
    const { code, out } = await run(["audit", "verify", trail.folder, ...key, ...options]);
    expect(code).toBe(expected);
    expect(out).toContain(words);
  });

  it("asks whether it is the right key, where nothing else is wrong", async () => {
    const other = await writeTrail(join(folder, "other"), 1);
    const { code, out } = await run(["audit", "verify", trail.folder, "--key", other.key]);
    expect(code).toBe(1);
    const label = (file: string): string => readFileSync(file, "utf8").split("+").slice(0, 2).join("+");
    expect(out).toContain(
      `the chain is whole, but the log declares key \`${label(trail.key)}\` and you gave \`${label(other.key)}\`: is it the right key?`,
    );
    const bad = copy("flipped-and-other-key");
    flipByte(bad.segment, Math.floor(statSync(bad.segment).size / 2));
    expect((await run(["audit", "verify", bad.folder, "--key", other.key])).out).not.toContain("the chain is whole");
  });

  it("takes several files after one option, in any order, and the option again", async () => {
    const { key } = await writeTrail(join(folder, "second"), 1);
    const words = [
      [trail.folder, "--key", key, trail.key],
      [trail.folder, "--key", key, "--key", trail.key],
      ["--key", trail.key, key, trail.folder],
      ["--key", trail.key, "--anchor", checkpoint, checkpoint, trail.folder],
    ];
    for (const argv of words) {
      expect((await run(["audit", "verify", "--require", "L1", ...argv])).code).toBe(0);
    }
    for (const argv of [[], ["--key", trail.folder], ["--key", trail.key], ["--key", trail.folder, trail.folder]]) {
      const { code, err } = await run(["audit", "verify", ...argv]);
      expect(code).toBe(2);
      expect(err).toContain("missing required argument `store` (invalid_option)");
    }
  });

  it("knows a part of a trail, and what stands among its logs and is none", async () => {
    const { code, out } = await run(["audit", "verify", join(trail.folder, "logs")]);
    expect(code).toBe(2);
    expect(out).toContain(`did you mean its parent? proclaw audit verify ${trail.folder}\n`);
    const stray = copy("stray");
    mkdirSync(join(stray.folder, "logs", "backup"));
    const found = await run(["audit", "verify", stray.folder]);
    expect(found.code).toBe(0);
    expect(found.out).toContain("notice: stray_folder at backup");
    expect(found.out).toMatch(/^INTACT: 22 records in 1 log\n/);
  });

  it("says which record is missing, and what follows from it in one line", async () => {
    const cut = copy("line-removed");
    const lines = readFileSync(cut.segment, "utf8").split("\n");
    lines.splice(18, 1);
    writeFileSync(cut.segment, lines.join("\n"));
    const { code, out } = await run(["audit", "verify", cut.folder]);
    expect(code).toBe(1);
    expect(out).toMatch(/^first bad: seq_gap at .*record 18: record 18 is missing \(removed, or moved\)/m);
    expect(out.match(/is missing/g)).toHaveLength(1);
  });

  it("takes a torn last line as a finding, and as damage with --strict", async () => {
    const live = copy("torn");
    const whole = readFileSync(live.segment, "utf8");
    // As a crash leaves it: no closing record, no checkpoint over what is gone, half a line.
    const lines = whole.trimEnd().split("\n");
    writeFileSync(live.segment, `${lines.slice(0, 10).join("\n")}\n${(lines[10] ?? "").slice(0, 50)}`);
    rmSync(join(live.folder, "logs", trail.log, "checkpoints"), { recursive: true });
    rmSync(join(live.folder, "checkpoints"), { recursive: true });
    const { code, out } = await run(["audit", "verify", live.folder]);
    expect(out).toContain("notice: torn_tail");
    expect(code).toBe(0);
    expect((await run(["audit", "verify", live.folder, "--strict"])).code).toBe(1);
  });

  it("calls an empty folder unreadable, and says where a trail is", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty, { recursive: true });
    const { code, out } = await run(["audit", "verify", empty]);
    expect(code).toBe(2);
    expect(out).toContain("UNREADABLE");
    expect(out).toContain("STORE is the folder that holds `logs/`");
    expect(readdirSync(empty)).toEqual([]);
  });

  it.each([
    [["missing"], "cannot read trail `missing`: no such file or folder"],
    [["trail/keys/operator.vkey"], "it is not a folder"],
    [["trail", "--key", "nowhere.vkey"], "cannot read key file `nowhere.vkey`"],
    [["trail", "--key", "key.pem"], "holds no C2SP verifier key"],
    [["trail", "--anchor", "nowhere.note"], "cannot read anchor file `nowhere.note`"],
    [["trail", "--anchor", "key.pem"], "anchor file `key.pem` is not a checkpoint"],
    [["trail/keys/operator.vkey"], "an export can be compared with a trail, but not be verified alone"],
  ])("%j ends with 2", async (argv, message) => {
    const { code, out, err } = await run(["audit", "verify", ...argv], { cwd: folder });
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err).toContain("(unreadable_evidence)");
    const json = await run(["audit", "verify", "--json", ...argv], { cwd: folder });
    expect(JSON.parse(json.out)).toMatchObject({ v: 1, error: { code: "unreadable_evidence" } });
  });

  it("takes a file: URL, absolute or not", async () => {
    expect((await run(["audit", "verify", pathToFileURL(trail.folder).href])).code).toBe(0);
    expect((await run(["audit", "verify", "file:trail"], { cwd: folder })).code).toBe(0);
    expect((await run(["audit", "verify", "FILE:./trail"], { cwd: folder })).code).toBe(0);
  });
});

describe.each([["export"], ["tail"]])("audit %s", (command) => {
  it("does not take a wrong folder for an empty trail", async () => {
    const { code, out, err } = await run(["audit", command, folder]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("there is no log in");
    expect(err).toContain("STORE is the folder that holds `logs/`");
  });
});

describe("audit export", () => {
  it("prints the stored lines byte for byte", async () => {
    const memory = memoryIo();
    expect(await runCli(["audit", "export", trail.folder], memory.io)).toBe(0);
    // The logs of checkpoints come last.
    const [key = ""] = readdirSync(join(trail.folder, "checkpoints"));
    const bound = join(trail.folder, "checkpoints", key, "segments", "0000000000000000.jsonl");
    const stored = Buffer.concat([readFileSync(trail.segment), readFileSync(bound)]);
    expect(Buffer.compare(memory.stdoutBytes(), stored)).toBe(0);
    expect(memory.stderr()).toBe("");
  });
});

describe("audit tail", () => {
  it("prints the last records for people", async () => {
    const { code, out } = await run(["audit", "tail", trail.folder, "-n", "3"]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(
      /^\d{4}-.*Z {2}[0-9a-f]{8}:20 {2}deny {6}read {2}agent-1 {2}no_matching_rule, call call-19$/,
    );
    expect(lines[2]).toContain("log.close");
    expect(out).not.toContain("\u001b");
  });

  it("prints the records as stored with --json", async () => {
    const { out } = await run(["audit", "tail", trail.folder, "--json", "-n", "2"]);
    expect(out).toBe(
      readFileSync(trail.segment, "utf8")
        .trimEnd()
        .split("\n")
        .slice(-2)
        .map((line) => `${line}\n`)
        .join(""),
    );
  });

  it("colors only on a terminal", async () => {
    expect((await run(["audit", "tail", trail.folder], { tty: true })).out).toContain("\u001b[31mdeny");
  });

  it("follows until it is interrupted", async () => {
    const grown = copy("grown");
    const text = readFileSync(grown.segment, "utf8");
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => `${line}\n`);
    writeFileSync(grown.segment, lines.slice(0, 5).join(""));
    let printed = "";
    const memory = memoryIo({
      onWrite: (chunk) => {
        printed += chunk;
        if (printed === lines.slice(3, 5).join("")) writeFileSync(grown.segment, text);
        if (printed === lines.slice(3).join("")) memory.interrupt();
      },
    });
    expect(await runCli(["audit", "tail", grown.folder, "--follow", "--json", "-n", "2"], memory.io)).toBe(130);
    expect(printed).toBe(lines.slice(3).join(""));
  });
});
