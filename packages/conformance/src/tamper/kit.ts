import assert from "node:assert/strict";
import type { AuditSource } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import { boundTrail, cleanTrail } from "./clean-trails.ts";
import type { TamperCase, TamperNeed } from "./tamper-case.ts";
import { TAMPER_NEEDS } from "./tamper-case.ts";
import { cleanTrailOf, tamper, TAMPER_CASES, type ExpectedDamage } from "./tamper-cases.ts";
import { SIGNER } from "./trail-format.ts";
import { sourceOf, type NoteImage, type TrailImage } from "./trail-image.ts";

/** What the kit looks at in a verifier's answer; `VerifyReport` of `@proclaw/verify` has it all. */
export interface TamperVerdict {
  readonly verdict: string;
  readonly level: string | null;
  readonly first_bad: { readonly kind: string; readonly seq: number | null; readonly log: string | null } | null;
  readonly findings: readonly { readonly kind: string }[];
}

export interface TamperKitOptions {
  /** The verifier under test. */
  readonly verify: (
    source: AuditSource,
    given: { readonly keys: readonly string[]; readonly anchors: readonly NoteImage[]; readonly strict: boolean },
  ) => Promise<TamperVerdict>;
  /**
   * Puts a trail into a fresh place of the store under test, as somebody with full access to its
   * files, rows or objects would, and opens it to read. Default: a place in memory.
   */
  readonly place?: (
    trail: TrailImage,
  ) => Promise<{ readonly source: AuditSource; readonly remove: () => Promise<void> }>;
  /** What the store can hold; default: everything. Cases that need more are left out. */
  readonly can?: readonly TamperNeed[];
}

/**
 * Every kind of tampering, each in both modes, and the clean trails, which must give no alarm.
 * Shows that a verifier finds it, and that a store hides nothing from it.
 */
export function tamperKit(options: TamperKitOptions): ConformanceCase[] {
  const can = new Set(options.can ?? TAMPER_NEEDS);
  const possible = TAMPER_CASES.filter(({ needs = [] }) => needs.every((need) => can.has(need)));
  return [false, true].flatMap((strict) => {
    const mode = strict ? "strict" : "fast";
    return [
      { name: `${mode}: the clean trail`, run: () => checkClean(options, cleanTrail(), strict) },
      {
        name: `${mode}: the clean trail with logs of checkpoints`,
        run: () => checkClean(options, boundTrail(), strict),
      },
      ...possible.map((one) => ({ name: `${mode}: ${one.name}`, run: () => checkCase(options, one, strict) })),
    ];
  });
}

async function checkClean(options: TamperKitOptions, trail: TrailImage, strict: boolean): Promise<void> {
  const report = await verified(options, trail, { anchors: [], strict });
  assert.deepEqual(
    { verdict: report.verdict, first_bad: report.first_bad, kinds: alarming(report) },
    { verdict: "intact", first_bad: null, kinds: [] },
  );
  assert.ok(report.level === "L1" || report.level === "L2", "a signed trail reaches L1");
}

/** A store may say something of itself. */
const alarming = ({ findings }: TamperVerdict): string[] =>
  findings.map(({ kind }) => kind).filter((kind) => kind !== "store_evidence");

async function checkCase(options: TamperKitOptions, one: TamperCase, strict: boolean): Promise<void> {
  const { trail, anchors, expected } = tamper(one);
  assert.notDeepEqual(trail, cleanTrailOf(one), "the case changes nothing");
  // What only an anchor can show must pass without it, or the case says nothing of anchors.
  if (anchors.length > 0) check(await verified(options, trail, { anchors: [], strict }), null);
  check(await verified(options, trail, { anchors, strict }), strict ? expected.strict : expected.fast);
}

function check(report: TamperVerdict, expected: ExpectedDamage | null): void {
  if (expected === null) {
    assert.deepEqual({ verdict: report.verdict, first_bad: report.first_bad }, { verdict: "intact", first_bad: null });
    return;
  }
  const { kind, seq, log } = report.first_bad ?? { kind: null, seq: null, log: null };
  const found = { verdict: report.verdict, level: report.level, kind, seq, ...("log" in expected ? { log } : {}) };
  assert.deepEqual(found, { verdict: "tampered", level: null, ...expected });
}

async function verified(
  options: TamperKitOptions,
  trail: TrailImage,
  given: { readonly anchors: readonly NoteImage[]; readonly strict: boolean },
): Promise<TamperVerdict> {
  const place = await (options.place?.(trail) ?? { source: sourceOf(trail), remove: () => Promise.resolve() });
  try {
    return await options.verify(place.source, { keys: [SIGNER.vkey], ...given });
  } finally {
    await place.remove();
  }
}
