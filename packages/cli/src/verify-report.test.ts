import type { Finding, VerifyReport } from "@proclaw/verify";
import { describe, expect, it } from "vitest";
import { isBelow, reportJson, reportText } from "./verify-report.ts";
import type { ReportTextOptions } from "./verify-report.ts";

const LEVEL = { level: "L0", reached: true, means: "it is chained", limits: "it can be rewritten" } as const;
const INTACT: VerifyReport = {
  v: 1,
  verdict: "intact",
  level: "L0",
  levels: [LEVEL],
  records: 1,
  bytes: 10,
  logs: [{ log: "l", records: 1, head: "ab", covered: 1, closed: false, key: "k+0123abcd" }],
  checkpoint_logs: [],
  resumed: null,
  first_bad: null,
  findings: [],
  finding_counts: { damage: 0, notice: 0 },
  kind_counts: {},
  anchors: { confirmed: 0, means: null },
};
const OPTIONS: ReportTextOptions = {
  folder: "my trail",
  paint: (_tone, text) => text,
  keys: ["k+0123abcd"],
  required: null,
  newestNotes: [],
  meantFolder: null,
};
const show = (report: VerifyReport, options: Partial<ReportTextOptions> = {}): string =>
  reportText(report, { ...OPTIONS, ...options });

describe("reportText", () => {
  it("says what the level means and what it does not", () => {
    expect(show(INTACT)).toBe(
      `INTACT: 1 record in 1 log
level L0: it is chained
    but: it can be rewritten
log l: 1 record, 1 under a trusted checkpoint, open
    head ab (hash of its last record)
next: keep the newest checkpoint of each log somewhere else, and pass it as --anchor next time
`,
    );
  });

  it("says nothing of anchors and of records before the bad one where that would mislead", () => {
    const means = "the logs still begin with exactly the records your anchors cover";
    const anchors = { confirmed: 1, means };
    expect(show({ ...INTACT, anchors })).toContain(`anchor: ${means}`);
    const bad = {
      log: null,
      seq: null,
      file: "a.note",
      line: null,
      kind: "anchor_log_missing",
      message: "gone",
    } as const;
    const tampered: VerifyReport = { ...INTACT, verdict: "tampered", level: null, levels: [], anchors, first_bad: bad };
    const text = show(tampered);
    expect(text).not.toContain("anchor: ");
    expect(text).not.toContain("still chained");
    expect(text).toContain("next: no single record is named as bad");
    expect(show({ ...tampered, first_bad: { ...bad, log: "l", seq: 0 } })).toContain("is still chained");
  });

  it("names all checkpoints that are worth keeping", () => {
    expect(show(INTACT, { newestNotes: ["a b.note", "c.note"] })).toContain("next time: cp 'a b.note' c.note …\n");
  });

  it("quotes what is to be pasted", () => {
    const bad = {
      log: "l",
      seq: 3,
      file: "f.jsonl",
      line: 4,
      kind: "chain_broken",
      message: "it was changed",
    } as const;
    const text = show({ ...INTACT, verdict: "tampered", level: null, levels: [], first_bad: bad });
    expect(text).toContain("first bad: chain_broken at f.jsonl:4 in log l, record 3: it was changed\n");
    expect(text).toContain("cp -a 'my trail' evidence");
    expect(text).not.toContain("level");
  });

  it("never takes an unknown verdict for a good one", () => {
    const text = show({ ...INTACT, verdict: "splendid" as unknown as "intact", level: null, levels: [] });
    expect(text).toContain("unknown verdict splendid");
    expect(text).not.toContain("INTACT");
  });

  it("caps what it lists and says how much it left out", () => {
    const finding: Finding = {
      severity: "notice",
      kind: "open_decision",
      log: "l",
      seq: 1,
      file: null,
      line: null,
      message: "m",
    };
    const text = show({
      ...INTACT,
      logs: Array.from({ length: 30 }, (_, i) => ({
        log: `l${i}`,
        records: 1,
        head: null,
        covered: 0,
        closed: true,
        key: null,
      })),
      findings: Array.from({ length: 256 }, () => finding),
      finding_counts: { damage: 0, notice: 1_000 },
    });
    expect(text).toContain("and 10 more logs (--json lists all)");
    expect(text.match(/^notice: open_decision at log l: m$/gm)).toHaveLength(20);
    expect(text).toContain("and 980 more findings");
  });

  it("cannot be driven by a hostile trail", () => {
    const hostile = "\u001b[2J\nINTACT";
    const bad = { log: hostile, seq: 0, file: hostile, line: 1, kind: "not_json", message: hostile } as const;
    const text = show({
      ...INTACT,
      verdict: "tampered",
      logs: [{ log: hostile, records: 1, head: null, covered: 0, closed: true, key: hostile }],
      first_bad: bad,
      findings: [{ ...bad, severity: "damage" }],
    });
    expect(text).not.toContain("\u001b");
    expect(text).not.toMatch(/^INTACT/m);
  });
});

describe("reportJson", () => {
  it("has the fixed members first, and says whether the required level was reached", () => {
    expect(Object.keys(reportJson(INTACT))).toEqual([
      "v",
      "verdict",
      "level",
      "records",
      "logs",
      "first_bad",
      "findings",
      "finding_counts",
      "checkpoint_logs",
      "resumed",
    ]);
    expect(reportJson(INTACT)).toMatchObject({
      logs: [{ log: "l", records: 1, head: "ab", covered: 1, closed: false }],
    });
  });

  it("shows the logs of checkpoints beside the logs", () => {
    const binder = {
      log: "checkpoints-0123abcd",
      id: "l2",
      records: 3,
      head: "cd",
      covered: 2,
      closed: false,
      key: "k",
    };
    const report = { ...INTACT, checkpoint_logs: [binder] };
    expect(reportJson(report)).toMatchObject({
      records: 1,
      checkpoint_logs: [{ log: "checkpoints-0123abcd", id: "l2", records: 3, head: "cd", covered: 2 }],
    });
    expect(show(report)).toContain(
      "log of checkpoints checkpoints-0123abcd: 3 records, 2 under a trusted checkpoint\n",
    );
  });

  it("says what was not read again", () => {
    const report = { ...INTACT, resumed: { logs: 1, records: 1 } };
    expect(reportJson(report)).toMatchObject({ resumed: { logs: 1, records: 1 } });
    expect(show(report)).toContain("not read again: 1 record in 1 log, which the given state covers");
  });

  it("says whether a required level was reached", () => {
    expect(reportJson(INTACT, "L1")).toMatchObject({ required: { level: "L1", reached: false } });
    expect(reportJson({ ...INTACT, level: "L2" }, "L1")).toMatchObject({ required: { level: "L1", reached: true } });
  });
});

describe("isBelow", () => {
  it("takes nothing and the unknown for below", () => {
    expect(isBelow(null, "L1")).toBe(true);
    expect(isBelow("L9" as unknown as "L1", "L1")).toBe(true);
    expect(isBelow("L1", "L1")).toBe(false);
    expect(isBelow("L0", "L1")).toBe(true);
  });
});

describe("consequences", () => {
  const at = { log: "l", file: "f.jsonl", line: 4 };
  const broken: Finding = { ...at, seq: 3, severity: "damage", kind: "chain_broken", message: "it was changed" };
  const root = (log: string, seq: number): Finding => ({
    ...at,
    log,
    seq,
    severity: "damage",
    kind: "root_mismatch",
    message: "it does not fit",
  });
  const report = (findings: readonly Finding[]): VerifyReport => ({
    ...INTACT,
    verdict: "tampered",
    level: null,
    levels: [],
    first_bad: { ...at, seq: 3, kind: "chain_broken", message: "it was changed" },
    findings,
    finding_counts: { damage: findings.length, notice: 0 },
    kind_counts: {},
  });

  it("are folded, and the first bad record is told once", () => {
    const text = show(report([broken, root("l", 3), root("l", 5)]));
    expect(text).toContain("damage: 2 checkpoints no longer match, as a consequence\n");
    expect(text).not.toContain("it does not fit");
    expect(text.match(/it was changed/g)).toHaveLength(1);
    expect(text).not.toContain("more finding");
  });

  it("are only those of the same log, from the damage on", () => {
    const text = show(report([root("l", 2), broken, root("m", 5)]));
    expect(text).not.toContain("consequence");
    expect(text.match(/it does not fit/g)).toHaveLength(2);
  });
});
