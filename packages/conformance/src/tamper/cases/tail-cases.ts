import { concat, utf8, SIGNER } from "../trail-format.ts";
import {
  dropNotesAbove,
  editLines,
  editRecord,
  first,
  joined,
  lastNote,
  linesOf,
  rechain,
  resign,
  second,
  segment,
} from "../edits.ts";
import type { TamperCase } from "../tamper-case.ts";

export const TAIL_TAMPERS: readonly TamperCase[] = [
  {
    name: "tail: cut below a checkpoint",
    edit: (trail) => editLines(segment(second(trail), 0), (lines) => lines.slice(0, 4)),
    kind: "truncated_below_checkpoint",
    seq: 4,
  },
  {
    name: "tail: cut below a checkpoint, in the middle of a line",
    needs: ["fragments"],
    edit: (trail) => {
      const part = segment(second(trail), 0);
      part.bytes = concat(joined(linesOf(part.bytes).slice(0, 4)), utf8('{"agent_id":"clin'));
    },
    kind: "truncated_below_checkpoint",
    strictKind: "torn_line",
    seq: 4,
  },
  {
    name: "tail: cut together with its checkpoints, seen by an anchor",
    edit: (trail) => {
      const log = first(trail);
      dropNotesAbove(log, 4);
      log.segments.length = 1;
      editLines(segment(log, 0), (lines) => lines.slice(0, 5));
    },
    anchors: (clean) => lastNote(first(clean)),
    kind: "truncated_below_anchor",
    seq: 5,
  },
  {
    name: "tail: rewritten and signed anew with the stolen key, seen by an anchor",
    edit: (trail) => {
      const log = first(trail);
      editRecord(segment(log, 0), 4, (r) => {
        r.agent_id = "somebody-else";
      });
      rechain(log);
      resign(log, SIGNER);
    },
    anchors: (clean) => lastNote(first(clean)),
    kind: "anchor_mismatch",
    seq: 14,
  },
  {
    name: "tail: a whole log deleted, seen by an anchor",
    edit: (trail) => trail.logs.shift(),
    anchors: (clean) => lastNote(first(clean)),
    kind: "anchor_log_missing",
    seq: null,
  },
  {
    name: "tail: a whole log emptied, seen by an anchor",
    edit: (trail) => {
      first(trail).segments = [];
      first(trail).notes = [];
    },
    anchors: (clean) => lastNote(first(clean)),
    kind: "truncated_below_anchor",
    seq: 0,
  },
];
