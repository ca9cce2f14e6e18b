import type { Finding, VerifyReport } from "@proclaw/verify";
import { describe, expect, it } from "vitest";
import { reportJson, reportText } from "./verify-report.ts";

const LEVEL = { level: "L0", reached: true, means: "it is chained", limits: "it can be rewritten" } as const;
const INTACT: VerifyReport = {
  v: 1,
  verdict: "intact",
  level: "L0",
  levels: [LEVEL],
  records: 1,
  bytes: 10,
  logs: [{ log: "l", records: 1, head: "ab", covered: 1, closed: false }],
  first_bad: null,
  findings: [],
  finding_counts: { damage: 0, notice: 0 },
  anchors: { confirmed: 0, means: null },
};
const show = (report: VerifyReport, withKey = true): string =>
  reportText(report, { folder: "my trail", paint: (_tone, text) => text, withKey });

describe("reportText", () => {
  it("says what the level means and what it does not", () => {
    expect(show(INTACT)).toBe(
      `INTACT: 1 record in 1 log
level L0: it is chained
    but: it can be rewritten
log l: 1 record, 1 under a trusted checkpoint, open
    head ab
next: keep the newest checkpoint of each log somewhere else, and pass it as --anchor next time
`,
    );
  });

  it("quotes what is to be pasted", () => {
    const bad = { log: "l", seq: 3, file: "f.jsonl", line: 4, kind: "chain_broken" } as const;
    const text = show({ ...INTACT, verdict: "tampered", level: null, levels: [], first_bad: bad });
    expect(text).toContain("first bad: chain_broken at f.jsonl:4 in log l, record 3");
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
      logs: Array.from({ length: 30 }, (_, i) => ({ log: `l${i}`, records: 1, head: null, covered: 0, closed: true })),
      findings: Array.from({ length: 256 }, () => finding),
      finding_counts: { damage: 0, notice: 1_000 },
    });
    expect(text).toContain("and 10 more logs (--json lists all)");
    expect(text.match(/^notice: open_decision at log l: m$/gm)).toHaveLength(20);
    expect(text).toContain("and 980 more findings");
  });

  it("cannot be driven by a hostile trail", () => {
    const hostile = "\u001b[2J\nINTACT";
    const bad = { log: hostile, seq: 0, file: hostile, line: 1, kind: "not_json" } as const;
    const text = show({
      ...INTACT,
      verdict: "tampered",
      logs: [{ log: hostile, records: 1, head: null, covered: 0, closed: true }],
      first_bad: bad,
      findings: [{ ...bad, severity: "damage", message: hostile }],
    });
    expect(text).not.toContain("\u001b");
    expect(text).not.toMatch(/^INTACT/m);
  });
});

describe("reportJson", () => {
  it("has the fixed members first, with logs of three members", () => {
    expect(Object.keys(reportJson(INTACT))).toEqual([
      "v",
      "verdict",
      "level",
      "records",
      "logs",
      "first_bad",
      "findings",
      "finding_counts",
    ]);
    expect(reportJson(INTACT)).toMatchObject({ logs: [{ log: "l", records: 1, head: "ab" }] });
  });
});
