import { eventFields, type AuditSource } from "@proclaw/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cleanTrail,
  concat,
  decisionEvent,
  first,
  LogWriter,
  makeNote,
  OTHER_SIGNER,
  outcomeEvent,
  rechain,
  second,
  SIGNER,
  sourceOf,
  testKey,
  textOf,
  utf8,
  uuid,
  type TrailImage,
} from "@proclaw/conformance/tamper";
import { logOrigin, merkleRoot, verifyTrail, type VerifyOptions, type VerifyReport } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const node = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
const verify = (trail: TrailImage, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  verifyTrail(sourceOf(trail), { ...node, keys: [SIGNER.vkey], ...options });
const trailOf = (...writers: readonly LogWriter[]): TrailImage => ({ logs: writers.map(({ log }) => log) });
const kinds = (report: VerifyReport): string[] => report.findings.map(({ kind }) => kind);

describe("verdict", () => {
  test("no logs: unreadable, not intact", async () => {
    expect(await verify({ logs: [] })).toMatchObject({ verdict: "unreadable", level: null, levels: [], records: 0 });
  });

  test("only empty logs: nothing to verify", async () => {
    const report = await verify({ logs: [{ id: uuid(1), segments: [], notes: [] }] });
    expect(report).toMatchObject({ verdict: "unreadable", first_bad: null });
    expect(kinds(report)).toEqual(["empty_log"]);
  });

  test("a source that fails is unreadable; what was found before it failed still counts", async () => {
    const failing = (trail: TrailImage): AuditSource => ({
      ...sourceOf(trail),
      read: () => {
        throw Object.assign(new Error("secret text"), { code: "EIO" });
      },
    });
    const report = await verifyTrail(failing(cleanTrail()), { ...node });
    expect(report).toMatchObject({ verdict: "unreadable", first_bad: { kind: "source_failed" } });
    expect(report.findings[0]?.message).toBe("the log could not be read: `EIO`");
    const half: AuditSource = {
      ...sourceOf(cleanTrail()),
      read: (log) => (log === uuid(1) ? failing(cleanTrail()) : sourceOf(cleanTrail())).read(log),
    };
    expect(await verifyTrail(half, node)).toMatchObject({ verdict: "unreadable", level: null, records: 7 });
    const gone = await verifyTrail({ ...sourceOf(cleanTrail()), logs: () => Promise.reject(new Error("gone")) }, node);
    expect(gone).toMatchObject({ verdict: "unreadable", logs: [] });
    const tampered = cleanTrail();
    tampered.logs[0]?.notes.unshift({ name: "0", note: utf8("nonsense") });
    expect(await verifyTrail(failing(tampered), node)).toMatchObject({ verdict: "tampered" });
  });

  test("the report is plain JSON of the promised shape", async () => {
    const report = await verify(cleanTrail());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(["v", "verdict", "level", "records", "logs", "first_bad"]),
    );
    expect(report.logs[0]).toMatchObject({ log: uuid(1), records: 15, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("the first bad record is the first by log and number, however findings arrive", async () => {
    const trail = cleanTrail();
    trail.logs.reverse();
    for (const log of trail.logs) {
      const [segment] = log.segments;
      if (segment !== undefined)
        segment.bytes = utf8(textOf(segment.bytes).replace("clinic-assistant", "clinic-assassin!"));
    }
    const report = await verify(trail);
    expect(report.first_bad).toEqual({
      log: uuid(1),
      seq: 1,
      file: "0000000000000000.jsonl",
      line: 2,
      kind: "chain_broken",
      message: "the record was changed: the next one names another hash for it",
    });
    expect(report.kind_counts.chain_broken).toBe(report.findings.filter(({ kind }) => kind === "chain_broken").length);
    const places = report.findings.map(({ log, seq }) => `${log} ${String(seq).padStart(4)}`);
    expect(places).toEqual(places.toSorted());
  });
});

describe("levels", () => {
  test("without keys given: L0, and a checkpoint that was changed is found all the same", async () => {
    expect(await verify(cleanTrail(), { keys: [] })).toMatchObject({ verdict: "intact", level: "L0" });
    const trail = cleanTrail();
    const [note] = first(trail).notes;
    if (note !== undefined) note.note = utf8(textOf(note.note).replace("\n4\n", "\n5\n"));
    const report = await verify(trail, { keys: [] });
    expect(report).toMatchObject({ verdict: "tampered", level: null });
    expect(kinds(report)).toContain("bad_signature");
  });

  test("INVARIANT (trust comes from outside): the trail's own word for its key is worth nothing", async () => {
    const stranger = new LogWriter({ n: 1, signer: OTHER_SIGNER }).call("a").checkpoint();
    expect(await verify(trailOf(stranger), { keys: [] })).toMatchObject({ level: "L0" });
    expect(await verify(trailOf(stranger))).toMatchObject({
      verdict: "tampered",
      first_bad: { kind: "untrusted_key" },
    });
    expect(await verify(trailOf(stranger), { keys: [OTHER_SIGNER.vkey] })).toMatchObject({ level: "L1" });
  });

  test("a log without a checkpoint holds all at L0", async () => {
    const bare = new LogWriter({ n: 3, signer: SIGNER }).call("a");
    const report = await verify({ logs: [...cleanTrail().logs, bare.log] });
    expect(report).toMatchObject({ verdict: "intact", level: "L0" });
    expect(kinds(report)).toEqual(["no_checkpoint"]);
  });

  test("a closed log without any checkpoint is suspicious, and damage in strict mode", async () => {
    const closed = new LogWriter({ n: 1, signer: SIGNER }).call("a").close();
    const report = await verify(trailOf(closed));
    expect(report).toMatchObject({ verdict: "intact", level: "L0", logs: [{ covered: 0, closed: true }] });
    expect(kinds(report)).toEqual(["closed_without_checkpoint"]);
    expect(await verify(trailOf(closed), { strict: true })).toMatchObject({
      verdict: "tampered",
      first_bad: { kind: "unsigned_close" },
    });
    const live = new LogWriter({ n: 1, signer: SIGNER }).call("a");
    expect(await verify(trailOf(live), { strict: true })).toMatchObject({ verdict: "intact" });
  });

  test("the report names the key that a log declares, and the finding too", async () => {
    const stranger = new LogWriter({ n: 1, signer: OTHER_SIGNER }).call("a").checkpoint();
    const label = OTHER_SIGNER.vkey.split("+").slice(0, 2).join("+");
    const report = await verify(trailOf(stranger));
    expect(report.logs).toMatchObject([{ key: label }]);
    expect(report.first_bad?.message).toContain(`\`${label}\``);
    expect(report.kind_counts).toEqual({ untrusted_key: 2 });
  });

  test("what stands among the logs and is none is a notice, not a log", async () => {
    const trail = cleanTrail();
    const source = { ...sourceOf(trail), logs: async () => [...trail.logs.map(({ id }) => id), "lost+found"] };
    const report = await verifyTrail(source, { ...node, keys: [SIGNER.vkey] });
    expect(report).toMatchObject({ verdict: "intact", level: "L1", kind_counts: { stray_folder: 1 } });
    expect(report.logs).toHaveLength(trail.logs.length);
    expect(await verifyTrail({ ...source, logs: async () => ["lost+found"] }, node)).toMatchObject({
      verdict: "unreadable",
      logs: [],
    });
  });

  test("messages name the missing records, and the call that waits", async () => {
    const waiting = new LogWriter({ n: 1, signer: SIGNER }).call("a").append(decisionEvent("waits")).checkpoint();
    expect((await verify(trailOf(waiting))).findings).toMatchObject([
      { kind: "open_decision", message: "record 3 allowed call `waits`, which has no outcome (yet)" },
    ]);
    const gap = async (from: number, count: number): Promise<string | undefined> => {
      const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").call("b").call("c").log;
      const segment = log.segments[0];
      if (segment === undefined) throw new Error("no segment");
      const lines = textOf(segment.bytes).split("\n");
      lines.splice(from, count);
      segment.bytes = utf8(lines.join("\n"));
      return (await verify({ logs: [log] })).findings.find(({ kind }) => kind === "seq_gap")?.message;
    };
    expect(await gap(3, 1)).toBe("record 3 is missing (removed, or moved): number 4 stands in its place");
    expect(await gap(3, 2)).toBe("records 3 to 4 are missing (removed, or moved): number 5 stands in their place");
  });

  test("WORM evidence makes L2 of L1, and nothing of L0", async () => {
    const source = sourceOf(cleanTrail(), { worm: true });
    expect(await verifyTrail(source, { ...node, keys: [SIGNER.vkey] })).toMatchObject({ level: "L2" });
    expect(await verifyTrail(source, node)).toMatchObject({ level: "L0" });
    for (const weak of [uuid(1), uuid(2)]) {
      const evidence = (log: string) => Promise.resolve({ worm: log !== weak, retainedUntil: null, findings: [] });
      expect(await verifyTrail({ ...source, evidence }, { ...node, keys: [SIGNER.vkey] })).toMatchObject({
        level: "L1",
      });
    }
    const silent = { ...source, evidence: () => Promise.reject(new Error("no")) };
    expect(await verifyTrail(silent, { ...node, keys: [SIGNER.vkey] })).toMatchObject({
      verdict: "intact",
      level: "L1",
    });
  });

  test("witnesses make L3: as many as asked for, distinct, of a type that is theirs", async () => {
    const [w1, w2] = [testKey("witness.test/1", 11, 4), testKey("witness.test/2", 12, 4)];
    const cosigned = (...signers: (typeof SIGNER)[]): TrailImage => {
      const log = new LogWriter({ n: 1, signer: SIGNER }).call("a");
      log.log.notes.push(log.note(log.size, [SIGNER, ...signers]));
      return trailOf(log);
    };
    const witnesses = [w1.vkey, w2.vkey];
    expect(await verify(cosigned(w1, w2), { witnesses })).toMatchObject({ level: "L3" });
    expect(await verify(cosigned(w1), { witnesses })).toMatchObject({ level: "L1" });
    expect(await verify(cosigned(w1), { witnesses, witnessQuorum: 1 })).toMatchObject({ level: "L3" });
    expect(await verify(cosigned(w1, w1), { witnesses })).toMatchObject({ level: "L1" });
    const own = testKey("witness.test/own", 1, 4);
    expect(await verify(cosigned(own), { witnesses: [own.vkey] })).toMatchObject({ verdict: "intact", level: "L1" });
    const unasked = await verify(cosigned(w1, w2));
    expect(unasked).toMatchObject({ level: "L1" });
    expect(kinds(unasked)).toEqual(["unknown_signer"]);
    const impostor = { ...w1, sign: w2.sign };
    expect(await verify(cosigned(impostor), { witnesses })).toMatchObject({ first_bad: { kind: "bad_signature" } });
    await expect(verify(cosigned(), { witnesses, witnessQuorum: 3 })).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("every level says what it means and what it does not", async () => {
    const { levels } = await verify(cleanTrail());
    expect(levels.map(({ level, reached }) => [level, reached])).toEqual([
      ["L0", true],
      ["L1", true],
      ["L2", false],
      ["L3", false],
    ]);
    for (const { means, limits } of levels) expect(means.length * limits.length).toBeGreaterThan(2_000);
  });
});

describe("anchors", () => {
  const anchors = first(cleanTrail()).notes.slice(1, 2);

  test("one that agrees is confirmed, adds a sentence, and does not make L2", async () => {
    const report = await verify(cleanTrail(), { anchors });
    expect(report).toMatchObject({ verdict: "intact", level: "L1", anchors: { confirmed: 1 } });
    expect(report.anchors.means).toContain("not a WORM store");
  });

  test("it covers a log whose own checkpoints are gone", async () => {
    const trail = cleanTrail();
    first(trail).notes = [];
    expect(await verify(trail)).toMatchObject({ level: "L0" });
    expect(await verify(trail, { anchors })).toMatchObject({ level: "L1", logs: [{ covered: 12 }, {}] });
  });

  test("one nobody trusted signed, one that is none, and one of a log unknown are damage", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").checkpoint();
    const check = async (note: Uint8Array): Promise<unknown> =>
      (await verify(trailOf(log), { anchors: [{ name: "anchor", note }] })).first_bad?.kind;
    expect(await check(log.note(3, [OTHER_SIGNER]).note)).toBe("anchor_bad_signature");
    expect(await check(log.note(3, [{ ...SIGNER, sign: OTHER_SIGNER.sign }]).note)).toBe("anchor_bad_signature");
    expect(await check(utf8("nonsense"))).toBe("malformed_anchor");
    expect(await check(log.note(3, [SIGNER], "proclaw.log/other").note)).toBe("anchor_log_missing");
    expect(await check(makeNote(logOrigin(log.id), 3, new Uint8Array(32), [SIGNER]).note)).toBe("anchor_mismatch");
    expect(await check(makeNote(logOrigin(log.id), 4, new Uint8Array(32), [SIGNER]).note)).toBe(
      "truncated_below_anchor",
    );
  });

  test("without keys it still reveals a cut tail, at L0", async () => {
    expect(await verify(cleanTrail(), { keys: [], anchors })).toMatchObject({ level: "L0", anchors: { confirmed: 1 } });
    const trail = cleanTrail();
    first(trail).segments.length = 1;
    first(trail).notes.length = 1;
    expect(await verify(trail, { keys: [], anchors })).toMatchObject({ first_bad: { kind: "truncated_below_anchor" } });
  });
});

describe("what a live trail may look like", () => {
  test("a torn last line is a notice, in strict mode damage", async () => {
    const trail = cleanTrail();
    const [segment] = second(trail).segments;
    if (segment !== undefined) segment.bytes = concat(segment.bytes, utf8('{"agent_id":"cl'));
    const report = await verify(trail);
    expect(report).toMatchObject({ verdict: "intact", level: "L1" });
    expect(report.findings).toMatchObject([{ kind: "torn_tail", log: uuid(2), seq: 7, line: 8 }]);
    expect(await verify(trail, { strict: true })).toMatchObject({ first_bad: { kind: "torn_line", seq: 7 } });
  });

  test("a decision that waits for its outcome is a notice; a recovery record ends the wait", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").append(decisionEvent("b")).append(decisionEvent("c"));
    const report = await verify(trailOf(log.checkpoint()));
    expect(report.findings).toMatchObject([
      { kind: "open_decision", seq: 3 },
      { kind: "open_decision", seq: 4 },
    ]);
    log.append(eventFields({ kind: "recovery", call_id: "b" }), { writer_epoch: 1 });
    log.append(outcomeEvent("c", "pending"), { writer_epoch: 1 }).append(outcomeEvent("c"), { writer_epoch: 1 });
    expect(await verify(trailOf(log))).toMatchObject({ verdict: "intact", findings: [] });
  });

  test("audit mode lets a denied call run, and a refused one may say that it did not", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER });
    const denied = decisionEvent("a", "deny");
    const audit = { ...denied, execution_status: "pending" as const };
    if (audit.policy_decision !== null) audit.policy_decision = { ...audit.policy_decision, mode: "audit" } as never;
    log
      .append(audit)
      .append(outcomeEvent("a"))
      .append(decisionEvent("b", "deny"))
      .append(outcomeEvent("b", "not_executed"));
    expect(await verify(trailOf(log.checkpoint()))).toMatchObject({ verdict: "intact", findings: [] });
  });

  test("a clock that steps back is a notice, unless the trail says so", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a");
    const early = { timestamp: "2020-01-01T00:00:00.000Z" };
    log.append(eventFields({ kind: "clock.step" }), {}, early).checkpoint();
    expect((await verify(trailOf(log))).findings).toEqual([]);
    log.append(eventFields({ kind: "heartbeat" }), {}, { timestamp: "2019-01-01T00:00:00.000Z" });
    expect((await verify(trailOf(log))).findings).toMatchObject([{ kind: "clock_step_back", seq: 4 }]);
  });

  test("a key may change after key.rotate introduced it, and each epoch's checkpoints want its own key", async () => {
    const rotated = (): LogWriter => {
      const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").checkpoint().rotate(OTHER_SIGNER);
      return log.append(eventFields({ kind: "heartbeat" }));
    };
    // The old key vouches for the new one, so giving the old one is enough.
    const report = await verify(trailOf(rotated().checkpoint()), { strict: true });
    expect(report).toMatchObject({ verdict: "intact", level: "L1", findings: [], logs: [{ records: 5, covered: 5 }] });
    const wrong = rotated();
    wrong.log.notes.push(wrong.note(wrong.size, [SIGNER]));
    expect(await verify(trailOf(wrong))).toMatchObject({ first_bad: { kind: "wrong_signer" } });
    // The new one does not vouch for the old one.
    expect(await verify(trailOf(rotated().checkpoint()), { keys: [OTHER_SIGNER.vkey] })).toMatchObject({
      first_bad: { kind: "untrusted_key", seq: 0 },
    });
    expect(await verify(trailOf(rotated().checkpoint()), { keys: [] })).toMatchObject({
      verdict: "intact",
      level: "L0",
    });
  });

  test("a rotation that no checkpoint of the old key covers hands no trust on", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").checkpoint().rotate(OTHER_SIGNER);
    log.log.notes.pop();
    log.append(eventFields({ kind: "heartbeat" })).checkpoint();
    const report = await verify(trailOf(log));
    expect(report).toMatchObject({ first_bad: { kind: "untrusted_key", seq: 4 }, logs: [{ covered: 3 }] });
    expect(await verify(trailOf(log), { keys: [SIGNER.vkey, OTHER_SIGNER.vkey] })).toMatchObject({ level: "L1" });
  });

  test("a log that grows while it is read is read on, not accused", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 4 }).call("a").call("b");
    const before = structuredClone(log.log);
    log.call("c").call("d").checkpoint();
    let reads = 0;
    const growing: AuditSource = {
      ...sourceOf(trailOf(log)),
      read: (id, fromSeq) => sourceOf({ logs: [++reads <= 2 ? before : log.log] }).read(id, fromSeq),
    };
    expect(await verifyTrail(growing, { ...node, keys: [SIGNER.vkey] })).toMatchObject({
      verdict: "intact",
      findings: [],
      logs: [{ records: 9, covered: 9 }],
    });
    const cut: AuditSource = { ...growing, read: (id, fromSeq) => sourceOf({ logs: [before] }).read(id, fromSeq) };
    expect(await verifyTrail(cut, { ...node, keys: [SIGNER.vkey] })).toMatchObject({
      first_bad: { kind: "truncated_below_checkpoint", seq: 5 },
    });
  });

  test("a closed log whose end no checkpoint covers is a notice", async () => {
    const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").checkpoint().close();
    expect((await verify(trailOf(log))).findings).toMatchObject([{ kind: "uncovered_tail", seq: 3 }]);
  });
});

describe("successors", () => {
  const old = new LogWriter({ n: 1, signer: SIGNER }).call("a").close().checkpoint();
  const root = Buffer.from(merkleRoot(nodeHasher, old.leaves)).toString("hex");
  const successor = (predecessor: { log: string; size: number; root: string }): LogWriter =>
    new LogWriter({ n: 2, signer: SIGNER, predecessor }).checkpoint();

  test("the link is followed", async () => {
    const link = { log: old.id, size: old.size, root };
    expect(await verify(trailOf(old, successor(link)))).toMatchObject({ verdict: "intact", level: "L1" });
    expect(await verify(trailOf(successor(link)))).toMatchObject({ first_bad: { kind: "predecessor_missing" } });
    for (const wrong of [{ size: 2 }, { size: 9 }, { root: "00".repeat(32) }]) {
      expect(await verify(trailOf(old, successor({ ...link, ...wrong })))).toMatchObject({
        first_bad: { kind: "predecessor_mismatch", log: uuid(2), seq: 0 },
      });
    }
    expect(await verify(trailOf(old, successor({ ...link, root: "x" })))).toMatchObject({
      first_bad: { kind: "bad_log_open" },
    });
  });
});

describe("the caller's own faults and wishes", () => {
  test("keys that are none are refused, not ignored", async () => {
    for (const keys of [["nonsense"], [testKey("w", 1, 4).vkey]]) {
      await expect(verify(cleanTrail(), { keys })).rejects.toMatchObject({ code: "invalid_option" });
    }
  });

  test("an aborted signal stops it with the signal's reason, and so does a progress callback that throws", async () => {
    const reason = new Error("enough");
    await expect(verify(cleanTrail(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(
      verify(cleanTrail(), {
        onProgress: () => {
          throw reason;
        },
      }),
    ).rejects.toBe(reason);
  });

  test("progress counts up to the whole", async () => {
    const seen: { records: number; bytes: number }[] = [];
    const report = await verify(cleanTrail(), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ records: report.records, bytes: report.bytes });
    expect(seen.map(({ bytes }) => bytes)).toEqual(seen.map(({ bytes }) => bytes).toSorted((a, b) => a - b));
    const stored = cleanTrail().logs.flatMap(({ segments }) => segments.map(({ bytes }) => bytes.length));
    expect(report.bytes).toBe(stored.reduce((a, b) => a + b));
  });
});

describe("hostile bytes", () => {
  test("findings are capped and counted; names from the trail cannot drive a terminal", async () => {
    const trail = cleanTrail();
    const segment = { name: "0000000000000000.jsonl", bytes: utf8("x\n".repeat(5_000)) };
    trail.logs = [{ id: uuid(1), segments: [segment], notes: [{ name: "\u001b[31m\u202e.note", note: utf8("") }] }];
    const report = await verify(trail);
    expect(report.finding_counts.damage).toBe(5_001);
    expect(report.findings.filter(({ severity }) => severity === "damage")).toHaveLength(256);
    expect(JSON.stringify(report)).not.toMatch(/\\u001b|\u202e/);
  });

  test("property: whatever the bytes are, the answer is a report that does not say intact", async () => {
    const line = first(cleanTrail()).segments[0]?.bytes.subarray(0, 700) ?? new Uint8Array(0);
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(utf8("\n"), utf8("{}\n"), utf8("null\n"), line, utf8("\n\n"), utf8("— a AAAAAAAA\n")),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 6 }), fc.array(noise, { maxLength: 4 }), async (parts, note) => {
        const report = await verify({
          logs: [
            {
              id: uuid(1),
              segments: [{ name: "0000000000000000.jsonl", bytes: concat(...parts) }],
              notes: [{ name: "0000000000000001.note", note: concat(...note) }],
            },
          ],
        });
        expect(report.verdict).not.toBe("intact");
      }),
      { seed: 10, numRuns: 300 },
    );
  });
});

describe("properties", () => {
  /** Cuts bytes at random places, also into nothing. */
  const chunker = (cuts: readonly number[]) =>
    function* (bytes: Uint8Array): Iterable<Uint8Array> {
      let at = 0;
      for (let i = 0; at < bytes.length; i++) {
        const length = cuts.length === 0 ? bytes.length : (cuts[i % cuts.length] as number);
        yield bytes.subarray(at, at + length);
        at += Math.max(length, i % 50 === 49 ? 1 : 0);
      }
    };

  test("no false alarm on random clean trails, however they are cut", async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("call" as const),
          args: fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2, stringUnit: "grapheme" }), {
            maxKeys: 3,
          }),
        }),
      },
      { weight: 2, arbitrary: fc.constant({ do: "deny" as const }) },
      { weight: 2, arbitrary: fc.constant({ do: "checkpoint" as const }) },
      { weight: 1, arbitrary: fc.constant({ do: "heartbeat" as const }) },
    );
    let records = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 5, maxLength: 40, size: "max" }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        fc
          .array(fc.nat({ max: 2_000 }), { maxLength: 6 })
          .filter((cuts) => cuts.length === 0 || cuts.some((cut) => cut > 100)),
        fc.boolean(),
        async (logs, segmentRecords, cuts, strict) => {
          const writers = logs.map((steps, n) => {
            const writer = new LogWriter({ n: n + 1, signer: SIGNER, segmentRecords });
            steps.forEach((action, i) => {
              if (action.do === "call") writer.call(`c${i}`, "allow", action.args as never);
              else if (action.do === "deny") writer.call(`c${i}`, "deny");
              else if (action.do === "checkpoint") writer.checkpoint();
              else writer.append(eventFields({ kind: "heartbeat" }));
            });
            return writer.close().checkpoint();
          });
          const source = sourceOf(trailOf(...writers), { chunks: chunker(cuts) });
          const anchors = writers.map((writer) => writer.note(Math.ceil(writer.size / 2)));
          const report = await verifyTrail(source, { ...node, keys: [SIGNER.vkey], strict, anchors });
          expect(report).toMatchObject({
            verdict: "intact",
            level: "L1",
            findings: [],
            anchors: { confirmed: logs.length },
          });
          records += report.records;
        },
      ),
      { seed: 11, numRuns: 80 },
    );
    expect(records).toBeGreaterThan(3_000);
  });

  test("any flipped bit of a covered trail is found, and in the record where it was flipped", async () => {
    const clean = (): TrailImage =>
      trailOf(
        new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 4 }).call("a").call("b").call("c").close().checkpoint(),
      );
    const files = [
      ...first(clean()).segments.map(({ bytes }) => bytes),
      ...first(clean()).notes.map(({ note }) => note),
    ];
    const total = files.reduce((sum, { length }) => sum + length, 0);
    const last = 7;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: total - 1 }), fc.nat({ max: 7 }), fc.boolean(), async (position, bit, strict) => {
        const trail = clean();
        const log = first(trail);
        let at = position;
        let record: number | null = null;
        for (const part of [...log.segments, ...log.notes]) {
          const bytes = "bytes" in part ? part.bytes : part.note;
          if (at >= 0 && at < bytes.length) {
            if ("bytes" in part)
              record = Number.parseInt(part.name) + textOf(bytes.subarray(0, at)).split("\n").length - 1;
            bytes[at] = (bytes[at] as number) ^ (1 << bit);
          }
          at -= bytes.length;
        }
        const report = await verify(trail, { strict });
        expect(report.verdict).toBe("tampered");
        // One change is one broken link, not one for each of its neighbors.
        expect(kinds(report).filter((kind) => kind === "chain_broken").length).toBeLessThanOrEqual(1);
        if (record === null) return;
        const found = report.first_bad?.seq;
        // Nothing follows the last record, so nobody can tell whether it names the one before it
        // wrongly or whether that one was changed.
        if (record === last) expect([last - 1, last]).toContain(found);
        else expect(found).toBe(record);
      }),
      { seed: 12, numRuns: 1_000 },
    );
  });

  test("a consistent rewrite of any record is found by the checkpoint over it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 13 }), async (target) => {
        const trail = cleanTrail();
        let seq = 0;
        for (const segment of first(trail).segments) {
          const lines = textOf(segment.bytes).split("\n").slice(0, -1);
          segment.bytes = utf8(
            lines.map((line) => (seq++ === target ? line.replace('"boot-1"', '"boot-2"') : line)).join("\n") + "\n",
          );
        }
        rechain(first(trail));
        const report = await verify(trail);
        expect(report.first_bad?.kind).toBe("root_mismatch");
        expect(report.first_bad?.seq).toBe(target < 4 ? 3 : target < 12 ? 11 : 14);
      }),
      { seed: 13, numRuns: 30 },
    );
  });
});
