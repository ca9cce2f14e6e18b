import type { AuditSource } from "@proclaw/core";
import {
  boundTrail,
  boundWriters,
  decisionEvent,
  LogWriter,
  NEXT_SIGNER,
  OTHER_SIGNER,
  outcomeEvent,
  SIGNER,
  sourceOf,
  type TrailImage,
} from "@proclaw/conformance/tamper";
import { describe, expect, test } from "vitest";
import { verifyTrail, type VerifyOptions, type VerifyReport, type VerifyState } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const node = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: [SIGNER.vkey, NEXT_SIGNER.vkey] };
const verify = (source: AuditSource, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  verifyTrail(source, { ...node, ...options });

/** What a run over the trail leaves to go on from. */
async function stateOf(trail: TrailImage, options: Partial<VerifyOptions> = {}): Promise<VerifyState> {
  const states: VerifyState[] = [];
  await verify(sourceOf(trail), { ...options, onState: (state) => states.push(state) });
  expect(states).toHaveLength(1);
  // As it comes back from a file.
  return JSON.parse(JSON.stringify(states[0])) as VerifyState;
}

const grown = (): LogWriter => {
  const log = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 4 });
  return log.call("a").append(decisionEvent("waits")).call("b", "deny").checkpoint();
};
const trailOf = (...logs: readonly LogWriter[]): TrailImage => ({ logs: logs.map(({ log }) => log) });
const goOn = (log: LogWriter): LogWriter => log.append(outcomeEvent("waits")).call("c").call("d").checkpoint();

describe("a run that goes on from a state", () => {
  test("gives the report of a whole run, and reads later segments only", async () => {
    const state = await stateOf(trailOf(grown()));
    expect(state.logs).toMatchObject([{ size: 5 }]);
    const trail = trailOf(goOn(grown()));
    const read: string[] = [];
    const watched: AuditSource = {
      ...sourceOf(trail),
      async *read(log, fromSeq) {
        for await (const segment of sourceOf(trail).read(log, fromSeq)) {
          if (fromSeq !== undefined) read.push(segment.name);
          yield segment;
        }
      },
    };
    const whole = await verify(sourceOf(trail));
    const later = await verify(watched, { resume: state });
    expect(whole).toMatchObject({ verdict: "intact", level: "L1", findings: [], records: 10, resumed: null });
    expect(later).toEqual({ ...whole, bytes: later.bytes, resumed: { logs: 1, records: 5 } });
    expect(later.bytes).toBeLessThan(whole.bytes);
    expect(read).toEqual(["0000000000000004.jsonl", "0000000000000008.jsonl"]);
  });

  test("finds what was done to the later part, and to the log as a whole", async () => {
    const state = await stateOf(trailOf(grown()));
    const bad = goOn(grown()).append(outcomeEvent("b"));
    expect((await verify(sourceOf(trailOf(bad)), { resume: state })).first_bad).toMatchObject({
      kind: "executed_without_allow",
      seq: 10,
    });
    const other = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 4 }).call("x").call("y").call("z").checkpoint();
    expect((await verify(sourceOf(trailOf(other)), { resume: state })).first_bad).toMatchObject({
      kind: "chain_broken",
    });
    const cut = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 4 }).call("a").checkpoint();
    expect((await verify(sourceOf(trailOf(cut)), { resume: state })).first_bad).toMatchObject({
      kind: "truncated_below_anchor",
      seq: 3,
    });
    const emptied = trailOf(grown());
    for (const log of emptied.logs) log.segments = [];
    expect((await verify(sourceOf(emptied), { resume: state })).first_bad).toMatchObject({
      kind: "truncated_below_anchor",
    });
    const removed = trailOf(new LogWriter({ n: 2, signer: SIGNER }).call("a").checkpoint());
    expect((await verify(sourceOf(removed), { resume: state })).first_bad).toMatchObject({
      kind: "anchor_log_missing",
    });
    const gap = trailOf(goOn(grown()));
    gap.logs[0]?.segments.splice(0, 2);
    expect((await verify(sourceOf(gap), { resume: state })).first_bad).toMatchObject({ kind: "segment_gap", seq: 5 });
  });

  test("follows logs of checkpoints and rotated keys", async () => {
    const state = await stateOf(boundTrail());
    expect(state.logs.map(({ size }) => size)).toEqual([13, 6, 3]);
    const whole = await verify(sourceOf(boundTrail()));
    const later = await verify(sourceOf(boundTrail()), { resume: state });
    expect(later).toEqual({ ...whole, bytes: later.bytes, resumed: { logs: 3, records: 22 } });
    const writers = boundWriters();
    const wrong = writers.newBinder.bind(writers.rotated).bind(writers.closed).checkpoint();
    expect(wrong.size).toBe(6);
    const trail = trailOf(writers.rotated, writers.live, writers.oldBinder, wrong);
    expect((await verify(sourceOf(trail), { resume: state })).kind_counts).toMatchObject({
      anchor_log_missing: 1,
      bound_log_missing: 1,
    });
  });

  test("is given only of an intact trail and under keys", async () => {
    let given = 0;
    const onState = (): void => void given++;
    await verify(sourceOf(trailOf(grown())), { keys: [], onState });
    await verify(sourceOf(trailOf(grown().append(outcomeEvent("ghost")))), { onState });
    expect(given).toBe(0);
  });
});

describe("INVARIANT (resume from trust only)", () => {
  const refused = async (
    change: (state: VerifyState) => unknown,
    options: Partial<VerifyOptions> = {},
  ): Promise<void> => {
    const state = structuredClone(await stateOf(trailOf(grown())));
    const changed = change(state) ?? state;
    await expect(
      verify(sourceOf(trailOf(grown())), { resume: changed as VerifyState, ...options }),
    ).rejects.toMatchObject({
      code: "unreadable_evidence",
    });
  };
  const first = (
    state: VerifyState,
  ): { -readonly [K in keyof VerifyState["logs"][number]]: VerifyState["logs"][number][K] } =>
    state.logs[0] as VerifyState["logs"][number];

  test("a state hands on no trust, and its key epochs must follow on each other", async () => {
    const EVIL = OTHER_SIGNER.vkey;
    const key = SIGNER.vkey;
    const rotation = { size: 2, next: EVIL, time: 0 };
    expect.assertions(8 + 2);
    await refused(
      (state) =>
        (first(state).epochs = [
          { key, rotation },
          { key, rotation: null },
        ]),
    );
    await refused((state) => (first(state).epochs = [{ key, rotation: { ...rotation, next: "garbage" } }]));
    await refused((state) => (first(state).epochs = [{ key, rotation }]));
    await refused((state) => ({ ...state, logs: [first(state), first(state)] }));
    // A forger's epoch in between: well formed, but the log that his key signs stays untrusted.
    const state = await stateOf(trailOf(grown()));
    const between = { key: EVIL, rotation: { size: 3, next: key, time: 1 } };
    const forged = {
      ...state,
      logs: [{ ...first(state), epochs: [{ key, rotation }, between, { key, rotation: null }] }],
    };
    const his = new LogWriter({ n: 9, signer: OTHER_SIGNER }).call("ghost").checkpoint();
    const report = await verify(sourceOf(trailOf(grown(), his)), { resume: forged });
    expect(report.kind_counts).toMatchObject({ untrusted_key: expect.any(Number) as unknown });
  });

  test("a state is refused that no checkpoint of a given key proves", async () => {
    // Each of the twelve makes a state, and sees it refused.
    expect.assertions(24);
    await refused(() => undefined, { keys: [OTHER_SIGNER.vkey] });
    await refused(() => undefined, { keys: [] });
    await refused(() => undefined, { strict: true });
    await refused((state) => (first(state).frontier = ["0".repeat(64), null, "0".repeat(64)]));
    await refused((state) => (first(state).frontier = first(state).frontier.slice(1)));
    await refused((state) => void (first(state).size = 4));
    await refused((state) => void (first(state).log = "01890a5d-ac96-7002-8000-000000000002"));
    await refused((state) => void (first(state).note = first(state).note.replace("\n5\n", "\n6\n")));
    await refused((state) => void (first(state).epochs = [{ key: OTHER_SIGNER.vkey, rotation: null }]));
    await refused((state) => ({ ...state, v: 2 }));
    await refused((state) => ({ ...state, logs: [{}] }));
    await refused(() => ({ logs: null }));
  });

  test("a head that was forged breaks the chain", async () => {
    const state = await stateOf(trailOf(grown()));
    first(state).head = "0".repeat(64);
    expect((await verify(sourceOf(trailOf(goOn(grown()))), { resume: state })).first_bad).toMatchObject({
      kind: "chain_broken",
    });
  });
});
