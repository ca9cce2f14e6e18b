import { BOUND_TAMPERS } from "./cases/bound-cases.ts";
import { CHECKPOINT_TAMPERS } from "./cases/checkpoint-cases.ts";
import { FIELD_TAMPERS } from "./cases/field-cases.ts";
import { LINE_TAMPERS } from "./cases/line-cases.ts";
import { MEANING_TAMPERS } from "./cases/meaning-cases.ts";
import { ORDER_TAMPERS } from "./cases/order-cases.ts";
import { ROTATION_TAMPERS } from "./cases/rotation-cases.ts";
import { SEGMENT_TAMPERS } from "./cases/segment-cases.ts";
import { TAIL_TAMPERS } from "./cases/tail-cases.ts";
import { boundTrail, cleanTrail } from "./clean-trails.ts";
import type { TamperCase } from "./tamper-case.ts";
import type { NoteImage, TrailImage } from "./trail-image.ts";

/** Every case, in an order that does not change within a version. */
export const TAMPER_CASES: readonly TamperCase[] = [
  ...FIELD_TAMPERS,
  ...LINE_TAMPERS,
  ...ORDER_TAMPERS,
  ...MEANING_TAMPERS,
  ...SEGMENT_TAMPERS,
  ...TAIL_TAMPERS,
  ...CHECKPOINT_TAMPERS,
  ...ROTATION_TAMPERS,
  ...BOUND_TAMPERS,
];

/** The trail that a case begins with, made anew. */
export function cleanTrailOf({ trail }: Pick<TamperCase, "trail">): TrailImage {
  return trail === "bound" ? boundTrail() : cleanTrail();
}

/** What a verifier must say; null: that the trail is intact. */
export interface ExpectedDamage {
  readonly kind: string;
  readonly seq: number | null;
  /** Absent: not checked. */
  readonly log?: string;
}

export interface TamperedTrail {
  readonly trail: TrailImage;
  readonly anchors: readonly NoteImage[];
  readonly expected: { readonly fast: ExpectedDamage | null; readonly strict: ExpectedDamage | null };
}

/** Does to a clean trail what the case says. */
export function tamper(one: TamperCase): TamperedTrail {
  const clean = cleanTrailOf(one);
  const trail = cleanTrailOf(one);
  one.edit(trail);
  const log = one.log === undefined ? {} : { log: clean.logs[one.log]?.id ?? "" };
  const expected = (kind: string | null): ExpectedDamage | null =>
    kind === null ? null : { kind, seq: one.seq, ...log };
  return {
    trail,
    anchors: one.anchors?.(clean) ?? [],
    expected: { fast: expected(one.kind), strict: expected(one.strictKind ?? one.kind) },
  };
}
