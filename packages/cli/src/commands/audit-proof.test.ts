import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run, temporaryFolder } from "../fixtures/run.ts";
import { writeTrail, type WrittenTrail } from "../fixtures/trail.ts";

const folder = temporaryFolder();
let trail: WrittenTrail;
let end = "";

beforeAll(async () => {
  trail = await writeTrail(folder, 20);
  end = trail.log.slice(-8);
});

const check = (...argv: readonly string[]): ReturnType<typeof run> =>
  run(["audit", "check-proof", ...argv], { cwd: folder });

describe("audit prove and check-proof", () => {
  it("proves a record without the trail, and no other one", async () => {
    const proof = ["audit", "prove", trail.folder, `${end}:7`, "-o", "seven.tlog-proof", "--record", "seven.json"];
    const written = await run(proof, { cwd: folder });
    expect(written.code).toBe(0);
    expect(written.out).toBe(`seven.tlog-proof: record 7 of log ${trail.log}, under a checkpoint over 22 records\n`);
    const lines = readFileSync(trail.segment, "utf8").split("\n");
    expect(readFileSync(join(folder, "seven.json"), "utf8")).toBe(`${lines[7]}\n`);

    const good = await check("seven.tlog-proof", "--record", "seven.json", "--key", trail.key);
    expect(good.code).toBe(0);
    expect(good.out).toContain(`PROVED: this is record 7 of log ${trail.log}, one of the first 22 that operator+`);
    const json = await check("seven.tlog-proof", "--record", "seven.json", "--key", trail.key, "--json");
    expect(JSON.parse(json.out)).toMatchObject({ v: 1, proved: true, log: trail.log, seq: 7, size: 22 });

    writeFileSync(join(folder, "eight.json"), lines[8] ?? "");
    const bad = await check("seven.tlog-proof", "--record", "eight.json", "--key", trail.key);
    expect(bad.code).toBe(1);
    expect(bad.out).toContain("NOT PROVED: the record is not the one");
    const other = await writeTrail(join(folder, "other"), 1);
    const stranger = await check("seven.tlog-proof", "--record", "seven.json", "--key", other.key, "--json");
    expect(stranger.code).toBe(1);
    expect(JSON.parse(stranger.out)).toEqual({ v: 1, proved: false, why: "no given key signed the checkpoint" });

    const again = await run(proof, { cwd: folder });
    expect(again.code).toBe(2);
    expect(again.err).toContain("--force");
    expect((await run([...proof, "--force"], { cwd: folder })).code).toBe(0);
    const printed = await run(["audit", "prove", trail.folder, `${trail.log}:7`]);
    expect(printed.out).toBe(readFileSync(join(folder, "seven.tlog-proof"), "utf8"));
  });

  it.each([
    ["7", "names no record"],
    ["x:7", "no log has the id"],
    [":7", "names no record"],
    ["LOG:99", "has no checkpoint over record 99 yet"],
  ])("%s is refused", async (record, why) => {
    const { code, err } = await run(["audit", "prove", trail.folder, record.replace("LOG", end)]);
    expect(code).toBe(2);
    expect(err).toContain(why);
  });

  it("refuses what is no proof, and a trail that is not what its checkpoint covers", async () => {
    const none = await check("seven.json", "--record", "seven.json", "--key", trail.key);
    expect(none.code).toBe(2);
    expect(none.err).toContain("is not a C2SP tlog-proof");
    const damaged = await writeTrail(join(folder, "damaged"), 5);
    writeFileSync(damaged.segment, readFileSync(damaged.segment, "utf8").replace("agent-1", "agent-2"));
    const { code, err } = await run(["audit", "prove", damaged.folder, `${damaged.log}:2`]);
    expect(code).toBe(2);
    expect(err).toContain("are not what its checkpoint covers");
  });
});

describe("audit tiles", () => {
  it("writes the static files of a log into a new folder", async () => {
    const { code, out } = await run(["audit", "tiles", trail.folder, end, "public"], { cwd: folder });
    expect(code).toBe(0);
    expect(out).toBe(`public: 3 files, 22 records of log ${trail.log}\n`);
    const files = (readdirSync(join(folder, "public"), { recursive: true }) as string[]).filter(
      (name) => !/^tile$|^tile\/(0|entries)$|\.p$/.test(name),
    );
    expect(files.sort()).toEqual(["checkpoint", "tile/0/000.p/22", "tile/entries/000.p/22"]);
    const note =
      readdirSync(join(trail.folder, "logs", trail.log, "checkpoints"))
        .sort()
        .at(-1) ?? "";
    expect(readFileSync(join(folder, "public", "checkpoint"))).toEqual(
      readFileSync(join(trail.folder, "logs", trail.log, "checkpoints", note)),
    );
    const bundle = readFileSync(join(folder, "public", "tile", "entries", "000.p", "22"));
    const lines: string[] = [];
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
      lines.push(`${bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)).toString("utf8")}\n`);
    }
    expect(lines.join("")).toBe(readFileSync(trail.segment, "utf8"));
    const again = await run(["audit", "tiles", trail.folder, end, "public"], { cwd: folder });
    expect(again.code).toBe(2);
    expect(again.err).toContain("is not empty");
    rmSync(join(folder, "public"), { recursive: true });
    mkdirSync(join(folder, "public"));
    expect((await run(["audit", "tiles", trail.folder, end, "public", "--json"], { cwd: folder })).code).toBe(0);
  });
});

describe("audit verify --workers", () => {
  it("gives the same answer", async () => {
    const plain = await run(["audit", "verify", trail.folder, "--key", trail.key, "--json"]);
    const shared = await run(["audit", "verify", trail.folder, "--key", trail.key, "--json", "--workers", "2"]);
    expect(shared).toEqual(plain);
    expect(shared.code).toBe(0);
  });

  it.each(["0", "65", "two", "-1"])("%s is refused", async (count) => {
    const { code, err } = await run(["audit", "verify", trail.folder, `--workers=${count}`]);
    expect(code).toBe(2);
    expect(err).toContain("--workers takes a number from 1 to 64");
  });
});

describe("audit verify --save-state and --resume", () => {
  it("goes on from a state, and from no other one", async () => {
    const verify = ["audit", "verify", trail.folder, "--key", trail.key];
    const saved = await run([...verify, "--save-state", "state.json"], { cwd: folder });
    expect(saved.code).toBe(0);
    const resumed = await run([...verify, "--resume", "state.json", "--require", "L1"], { cwd: folder });
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain("INTACT: 22 records in 1 log\n");
    expect(resumed.out).toContain("not read again: 22 records in 1 log");
    const shared = await run([...verify, "--resume", "state.json", "--workers", "2", "--json"], { cwd: folder });
    expect(JSON.parse(shared.out)).toMatchObject({ verdict: "intact", resumed: { logs: 1, records: 22 } });

    const other = await writeTrail(join(folder, "third"), 1);
    const refused = await run(["audit", "verify", trail.folder, "--key", other.key, "--resume", "state.json"], {
      cwd: folder,
    });
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("that no given key signed (unreadable_evidence)");
    const strict = await run([...verify, "--resume", "state.json", "--strict"], { cwd: folder });
    expect(strict.err).toContain("was not made in strict mode");
    const none = await run([...verify, "--resume", "seven.tlog-proof"], { cwd: folder });
    expect(none.code).toBe(2);
    expect(none.err).toContain("is not JSON");
    expect((await run(["audit", "verify", trail.folder, "--save-state", "x"])).err).toContain(
      "--save-state needs --key",
    );
    // A log that was verified before is gone.
    const gone = await run(["audit", "verify", other.folder, "--key", other.key, trail.key, "--resume", "state.json"], {
      cwd: folder,
    });
    expect(gone.code).toBe(1);
    expect(gone.out).toContain("anchor_log_missing");
  });
});
