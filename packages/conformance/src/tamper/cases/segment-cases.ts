import { type SegmentImage } from "../trail-image.ts";
import { first, segment } from "../edits.ts";
import type { TamperCase } from "../tamper-case.ts";

export const SEGMENT_TAMPERS: readonly TamperCase[] = [
  {
    name: "segments: the middle one missing",
    needs: ["segments"],
    edit: (trail) => first(trail).segments.splice(1, 1),
    kind: "segment_gap",
    seq: 6,
  },
  {
    name: "segments: the first one missing",
    needs: ["segments"],
    edit: (trail) => first(trail).segments.splice(0, 1),
    kind: "segment_gap",
    seq: 0,
  },
  {
    name: "segments: the last one missing",
    needs: ["segments"],
    edit: (trail) => first(trail).segments.splice(2, 1),
    kind: "truncated_below_checkpoint",
    seq: 12,
  },
  {
    name: "segments: renamed to a later record",
    needs: ["segments"],
    edit: (trail) => {
      segment(first(trail), 1).name = "0000000000000007.jsonl";
    },
    kind: "segment_gap",
    seq: 6,
  },
  {
    name: "segments: renamed to an earlier record",
    needs: ["segments"],
    edit: (trail) => {
      segment(first(trail), 1).name = "0000000000000005.jsonl";
    },
    kind: "segment_overlap",
    seq: 6,
  },
  {
    name: "segments: two exchanged",
    needs: ["segments"],
    edit: (trail) => {
      const [, one, two] = first(trail).segments as [SegmentImage, SegmentImage, SegmentImage];
      [one.bytes, two.bytes] = [two.bytes, one.bytes];
    },
    kind: "seq_gap",
    seq: 6,
  },
  {
    name: "segments: one that says again what another says",
    needs: ["segments"],
    edit: (trail) =>
      first(trail).segments.push({ name: "0000000000000011.jsonl", bytes: segment(first(trail), 1).bytes }),
    kind: "segment_overlap",
    seq: 12,
  },
  {
    name: "segments: a name beyond all numbers",
    needs: ["segments"],
    edit: (trail) => {
      segment(first(trail), 2).name = "9999999999999999.jsonl";
    },
    kind: "segment_misnamed",
    seq: 12,
  },
  {
    name: "segments: all gone, the checkpoints left",
    edit: (trail) => {
      first(trail).segments = [];
    },
    kind: "truncated_below_checkpoint",
    seq: 0,
  },
  {
    name: "segments: the end of a middle one cut in the middle of a line",
    needs: ["segments", "fragments"],
    edit: (trail) => {
      const part = segment(first(trail), 1);
      part.bytes = part.bytes.subarray(0, -10);
    },
    kind: "torn_line",
    seq: 11,
  },
];
