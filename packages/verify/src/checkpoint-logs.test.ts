import { eventFields, type AuditSource } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { LogWriter, OTHER_SIGNER, SIGNER, sourceOf, testKey, type TrailImage } from "@proclaw/conformance/tamper";
import { verifyTrail, type VerifyOptions, type VerifyReport } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const node = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
const trailOf = (...writers: readonly LogWriter[]): TrailImage => ({ logs: writers.map(({ log }) => log) });
const verify = (trail: TrailImage, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  verifyTrail(sourceOf(trail), { ...node, keys: [SIGNER.vkey], strict: true, ...options });
const kinds = (report: VerifyReport): string[] => report.findings.map(({ kind }) => kind);

const closedLog = (n: number): LogWriter =>
  new LogWriter({ n, signer: SIGNER }).call("a").call("b").close().checkpoint();
const bindersOf = (...logs: readonly LogWriter[]): LogWriter => {
  const binder = new LogWriter({ n: 900, signer: SIGNER, binds: true });
  for (const log of logs) binder.bind(log, 3).bind(log);
  return binder.checkpoint();
};

describe("a log of checkpoints", () => {
  test("stands beside the logs in the report and does not count among them", async () => {
    const [one, two] = [closedLog(1), closedLog(2)];
    const report = await verify(trailOf(one, two, bindersOf(one, two)));
    expect(report).toMatchObject({ verdict: "intact", level: "L1", records: 12, findings: [] });
    expect(report.logs).toHaveLength(2);
    expect(report.checkpoint_logs).toMatchObject([{ records: 5, covered: 5, closed: false }]);
    expect(report.checkpoint_logs[0]?.log).toBe(`checkpoints-${SIGNER.key.id}`);
  });

  test("reveals a log that was removed as a whole, and one that was cut with its checkpoints", async () => {
    const [one, two] = [closedLog(1), closedLog(2)];
    const binder = bindersOf(one, two);
    const removed = await verify(trailOf(one, binder));
    expect(removed).toMatchObject({
      verdict: "tampered",
      first_bad: { kind: "bound_log_missing", log: binder.log.id, seq: 3 },
      finding_counts: { damage: 1 },
    });
    const cut = new LogWriter({ n: 2, signer: SIGNER }).call("a").checkpoint();
    expect((await verify(trailOf(one, cut, binder))).first_bad).toMatchObject({
      kind: "truncated_below_bound",
      seq: 4,
    });
    const other = new LogWriter({ n: 2, signer: SIGNER }).call("x").call("b").close().checkpoint();
    const mismatch = await verify(trailOf(one, other, binder));
    expect(mismatch.first_bad).toMatchObject({ kind: "bound_root_mismatch", seq: 3 });
    expect(mismatch.kind_counts).toEqual({ bound_root_mismatch: 2 });
  });

  test("a closed log that it does not name is a notice; one that lives is none", async () => {
    const [one, two] = [closedLog(1), closedLog(2)];
    const live = new LogWriter({ n: 3, signer: SIGNER }).call("a").checkpoint();
    const report = await verify(trailOf(one, two, live, bindersOf(one)));
    expect(report).toMatchObject({ verdict: "intact", findings: [{ kind: "unbound_log", log: two.id }] });
    // A trail without logs of checkpoints is an older one.
    expect(kinds(await verify(trailOf(one, two)))).toEqual([]);
  });

  test("an anchor on it vouches for every log it binds up to there", async () => {
    const [one, two] = [closedLog(1), closedLog(2)];
    const binder = bindersOf(one, two);
    for (const log of [one, two]) log.log.notes = [];
    const anchors = [binder.note(3)];
    const report = await verify(trailOf(one, two, binder), { anchors, strict: false });
    expect(report).toMatchObject({ verdict: "intact", anchors: { confirmed: 1 } });
    expect(report.logs).toMatchObject([{ covered: 6 }, { covered: 0 }]);
    const whole = await verify(trailOf(one, two, binder), { anchors: [binder.note()], strict: false });
    expect(whole).toMatchObject({ level: "L1", logs: [{ covered: 6 }, { covered: 6 }] });
    // Its own end cut off, with the log that was bound there.
    const shorter = new LogWriter({ n: 900, signer: SIGNER, binds: true }).bind(one, 3).bind(one).checkpoint();
    expect(await verify(trailOf(one, shorter), { anchors: [binder.note()], strict: false })).toMatchObject({
      first_bad: { kind: "truncated_below_anchor", log: binder.log.id },
    });
    expect(await verify(trailOf(one, two), { anchors: [binder.note()], strict: false })).toMatchObject({
      first_bad: { kind: "anchor_log_missing" },
    });
  });

  test("is believed by the key in its name, also one that a rotation introduced", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").rotate(OTHER_SIGNER).call("b").close().checkpoint();
    const old = new LogWriter({ n: 900, signer: SIGNER, binds: true }).bind(log, 4).checkpoint();
    const root = old.bind(log, 4).log; // one more after its checkpoint
    expect(root.segments).toHaveLength(1);
    const next = new LogWriter({ n: 901, signer: OTHER_SIGNER, binds: true }).bind(log).checkpoint();
    const report = await verify(trailOf(log, old, next));
    expect(report).toMatchObject({ verdict: "intact", level: "L1", findings: [] });
    expect(report.checkpoint_logs.map(({ covered }) => covered)).toEqual([2, 2]);
    const stranger = testKey("proclaw.test/stranger", 9);
    const foreign = new LogWriter({ n: 902, signer: stranger, binds: true }).bind(log).checkpoint();
    expect((await verify(trailOf(log, old, foreign))).kind_counts).toEqual({ untrusted_key: 2 });
    foreign.log.id = old.log.id;
    expect((await verify(trailOf(log, foreign))).first_bad).toMatchObject({ kind: "bad_log_open", seq: 0 });
  });

  test("names its predecessor, which must be a log of checkpoints of this trail", async () => {
    const log = closedLog(1);
    const old = bindersOf(log);
    const root = Buffer.from(old.leaves.length > 0 ? rootOf(old) : "").toString("hex");
    const predecessor = { log: old.id, size: old.size, root };
    const next = new LogWriter({ n: 901, signer: OTHER_SIGNER, binds: true, predecessor }).bind(log).checkpoint();
    const keys = [SIGNER.vkey, OTHER_SIGNER.vkey];
    expect(await verify(trailOf(log, old, next), { keys })).toMatchObject({ verdict: "intact", findings: [] });
    expect(await verify(trailOf(log, next), { keys })).toMatchObject({ first_bad: { kind: "predecessor_missing" } });
    const shorter = new LogWriter({ n: 900, signer: SIGNER, binds: true }).bind(log, 3).checkpoint();
    expect(await verify(trailOf(log, shorter, next), { keys })).toMatchObject({
      first_bad: { kind: "predecessor_mismatch" },
    });
  });

  test("holds log.open, checkpoint and recovery only; an ordinary log holds no checkpoint", async () => {
    const log = closedLog(1);
    for (const kind of ["heartbeat", "log.close", "key.rotate"] as const) {
      const binder = new LogWriter({ n: 900, signer: SIGNER, binds: true }).bind(log);
      binder.append(eventFields({ kind })).bind(log).checkpoint();
      const report = await verify(trailOf(log, binder));
      expect(report.kind_counts).toEqual({ misplaced_kind: 1 });
      expect(report.first_bad).toMatchObject({ log: binder.log.id, seq: 2 });
    }
    const binder = new LogWriter({ n: 900, signer: SIGNER, binds: true }).bind(log);
    binder.append(eventFields({ kind: "recovery" }), { writer_epoch: 1 });
    binder.append(eventFields({ kind: "recovery" }), { writer_epoch: 1 }).checkpoint();
    expect(await verify(trailOf(log, binder))).toMatchObject({ verdict: "intact", findings: [] });
    const misplaced = new LogWriter({ n: 1, signer: SIGNER }).bind(log).checkpoint();
    expect(await verify(trailOf(misplaced))).toMatchObject({ first_bad: { kind: "misplaced_kind", seq: 1 } });
  });

  test("INVARIANT (a live trail gives no false alarm): what appears while it is read is not held against it", async () => {
    const one = closedLog(1);
    const binder = bindersOf(one);
    const later = closedLog(2);
    const more = structuredClone(bindersOf(one, later).log);
    let lists = 0;
    const live: AuditSource = {
      ...sourceOf(trailOf(one, later, binder)),
      // The second log is opened, closed and bound after the log of checkpoints was read.
      logs: () => Promise.resolve(++lists === 1 ? [one.id, binder.log.id] : [one.id, later.id, binder.log.id]),
      read: (log, fromSeq) =>
        sourceOf({ logs: [one.log, later.log, fromSeq === undefined ? binder.log : more] }).read(log, fromSeq),
    };
    const report = await verifyTrail(live, { ...node, keys: [SIGNER.vkey], strict: true });
    expect(report).toMatchObject({ verdict: "intact", level: "L1", findings: [], records: 12 });
  });
});

const rootOf = (log: LogWriter): Uint8Array => {
  const body = new LogWriter({ n: 999, signer: SIGNER, binds: true }).bind(log).lines.at(-1);
  const { root } = (JSON.parse(new TextDecoder().decode(body)) as { body: { root: string } }).body;
  return new Uint8Array(Buffer.from(root, "hex"));
};

describe("a key that was retired", () => {
  test("opens no log without a notice", async () => {
    const rotating = new LogWriter({ n: 1, signer: SIGNER }).call("a").rotate(OTHER_SIGNER).close().checkpoint();
    const before = new LogWriter({ n: 2, signer: SIGNER }).call("a").checkpoint();
    expect(await verify(trailOf(rotating, before))).toMatchObject({ verdict: "intact", findings: [] });
    // Its id says a time after the timestamp of the rotation.
    const late = "019f0000-0000-7000-8000-000000000001";
    const after = new LogWriter({ n: 2, id: late, signer: SIGNER }).call("a").checkpoint();
    expect(await verify(trailOf(rotating, after))).toMatchObject({
      verdict: "intact",
      findings: [{ kind: "retired_key", log: late, seq: 0 }],
    });
    const renewed = new LogWriter({ n: 2, id: late, signer: OTHER_SIGNER }).call("a").checkpoint();
    expect(await verify(trailOf(rotating, renewed))).toMatchObject({ verdict: "intact", level: "L1", findings: [] });
  });

  test("trust follows the rotations through several logs, whatever their order", async () => {
    const third = testKey("proclaw.test/third", 3);
    const one = new LogWriter({ n: 5, signer: SIGNER }).rotate(OTHER_SIGNER).close().checkpoint();
    const two = new LogWriter({ n: 4, signer: OTHER_SIGNER }).rotate(third).close().checkpoint();
    const three = new LogWriter({ n: 3, signer: third }).call("a").checkpoint();
    expect(await verify(trailOf(three, two, one))).toMatchObject({ verdict: "intact", level: "L1", findings: [] });
    expect((await verify(trailOf(three, two))).first_bad).toMatchObject({ kind: "untrusted_key", log: three.id });
  });
});
