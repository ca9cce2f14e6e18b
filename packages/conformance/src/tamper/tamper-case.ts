import type { NoteImage, TrailImage } from "./trail-image.ts";

/**
 * What a store must be able to hold for a case to be possible there:
 *
 * - `segments`: named runs of records that can be removed, renamed and exchanged as a whole
 * - `fragments`: bytes after the last whole line
 * - `note_names`: sizes in names of checkpoints that can say something else than the checkpoints
 * - `free_names`: names of checkpoints that say no size at all
 */
export const TAMPER_NEEDS = ["segments", "fragments", "note_names", "free_names"] as const;
export type TamperNeed = (typeof TAMPER_NEEDS)[number];

/** Something that is done to a trail, and what a verifier must say of it. */
export interface TamperCase {
  readonly name: string;
  /** The clean trail it begins with: `plain` (`cleanTrail`) by default, or `bound` (`boundTrail`). */
  readonly trail?: "plain" | "bound";
  readonly needs?: readonly TamperNeed[];
  readonly edit: (trail: TrailImage) => unknown;
  /** Kind of the first damage (docs/audit/format.md); null: only strict mode finds it. */
  readonly kind: string | null;
  /** Kind of the first damage in strict mode, where it differs. */
  readonly strictKind?: string;
  /** Record at which it is found; null: no record. */
  readonly seq: number | null;
  /** Index, in the clean trail, of the log in which it is found; absent: not checked. */
  readonly log?: number;
  /** Checkpoints kept elsewhere, taken from the clean trail: without them nothing is found. */
  readonly anchors?: (clean: TrailImage) => readonly NoteImage[];
}
