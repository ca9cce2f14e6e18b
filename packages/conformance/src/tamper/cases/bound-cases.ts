import { eventFields } from "@proclaw/core";
import { boundWriters } from "../clean-trails.ts";
import {
  dropNotesAbove,
  editLines,
  editRecord,
  lastNote,
  linesOf,
  rechain,
  resign,
  second,
  segment,
} from "../edits.ts";
import { decisionEvent, LogWriter } from "../log-writer.ts";
import type { TamperCase } from "../tamper-case.ts";
import { NEXT_SIGNER, SIGNER, testKey, utf8, uuid } from "../trail-format.ts";
import type { LogImage, TrailImage } from "../trail-image.ts";

/*
 * What the logs of checkpoints reveal, and what is done to them. See `boundTrail` for who binds what.
 */

const STRANGER = testKey("proclaw.test/stranger", 7);
const OLD_BINDER = 3;
const NEW_BINDER = 4;
const at = (trail: TrailImage, index: number): LogImage => trail.logs[index] as LogImage;
const oldBinder = (trail: TrailImage): LogImage => at(trail, OLD_BINDER);
const newBinder = (trail: TrailImage): LogImage => at(trail, NEW_BINDER);

/** The log of checkpoints of the new key goes on, rightly chained and signed: its key was stolen. */
const continued =
  (more: (binder: LogWriter, writers: ReturnType<typeof boundWriters>) => unknown) =>
  (trail: TrailImage): void => {
    const writers = boundWriters();
    more(writers.newBinder, writers);
    trail.logs[NEW_BINDER] = writers.newBinder.checkpoint().log;
  };

type Bound = Omit<TamperCase, "trail">;

const REMOVED: readonly Bound[] = [
  {
    name: "bound: a whole log removed",
    edit: (trail) => trail.logs.splice(1, 1),
    kind: "bound_log_missing",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "bound: a whole log emptied",
    edit: (trail) => {
      second(trail).segments = [];
      second(trail).notes = [];
    },
    kind: "truncated_below_bound",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "bound: a log rolled back to an older head and its checkpoint",
    edit: (trail) => {
      dropNotesAbove(second(trail), 3);
      editLines(segment(second(trail), 0), (lines) => lines.slice(0, 3));
    },
    kind: "truncated_below_bound",
    seq: 3,
    log: OLD_BINDER,
  },
  {
    name: "bound: a log rewritten, and signed anew with the stolen key",
    edit: (trail) => {
      editRecord(segment(second(trail), 0), 3, (r) => {
        r.agent_id = "somebody-else";
      });
      rechain(second(trail));
      resign(second(trail), SIGNER);
    },
    kind: "bound_root_mismatch",
    seq: 3,
    log: OLD_BINDER,
  },
  {
    name: "bound: the newest log removed with what binds it, seen by an anchor",
    edit: (trail) => {
      newBinder(trail).notes = [];
      editLines(segment(newBinder(trail), 0), (lines) => lines.slice(0, 3));
      trail.logs.splice(2, 1);
    },
    anchors: (clean) => lastNote(newBinder(clean)),
    kind: "truncated_below_anchor",
    seq: 3,
    log: NEW_BINDER,
  },
  {
    name: "bound: a log of checkpoints removed with the log that it alone binds, seen by an anchor",
    edit: (trail) => {
      trail.logs = trail.logs.filter((_log, index) => index !== 2 && index !== NEW_BINDER);
    },
    anchors: (clean) => lastNote(newBinder(clean)),
    kind: "anchor_log_missing",
    seq: null,
  },
  {
    name: "bound: a log of checkpoints rewritten without a log that was removed, seen by an anchor",
    edit: (trail) => {
      const { rotated, oldBinder: old } = boundWriters();
      const binder = new LogWriter({ n: 5, signer: NEXT_SIGNER, binds: true, predecessor: old.link() });
      trail.logs[NEW_BINDER] = binder.bind(rotated, 10).bind(rotated).bind(rotated).checkpoint().log;
      trail.logs.splice(2, 1);
    },
    anchors: (clean) => lastNote(newBinder(clean)),
    kind: "anchor_mismatch",
    seq: 3,
    log: NEW_BINDER,
  },
];

const CLAIMS: readonly Bound[] = [
  {
    name: "bound: a claim changed",
    edit: (trail) => forgeRoot(oldBinder(trail), 2),
    kind: "chain_broken",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "bound: a claim changed, and all after it chained anew",
    edit: (trail) => {
      forgeRoot(oldBinder(trail), 2);
      rechain(oldBinder(trail));
    },
    // The claim itself is found too, and stands before the checkpoint that it breaks.
    kind: "bound_root_mismatch",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "bound: a claim changed, chained and signed anew with the stolen key",
    edit: (trail) => {
      forgeRoot(newBinder(trail), 2);
      rechain(newBinder(trail));
      newBinder(trail).notes = [noteOver(newBinder(trail))];
    },
    kind: "bound_root_mismatch",
    seq: 2,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim of more records than there are",
    edit: continued((binder, { live }) => {
      const body = { ...live.link(), size: 99 };
      binder.append(eventFields({ kind: "checkpoint", body }));
    }),
    kind: "truncated_below_bound",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim of a log that never was",
    edit: continued((binder, { live }) => {
      binder.append(eventFields({ kind: "checkpoint", body: { ...live.link(), log: uuid(77) } }));
    }),
    kind: "bound_log_missing",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim of a log of checkpoints, which is no ordinary log",
    edit: continued((binder, { oldBinder: old }) => binder.bind(old)),
    kind: "bound_log_missing",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim with a member too many",
    edit: continued((binder, { live }) => {
      binder.append(eventFields({ kind: "checkpoint", body: { ...live.link(), note: "x" } }));
    }),
    kind: "malformed_record",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim over no record",
    edit: continued((binder, { live }) => {
      binder.append(eventFields({ kind: "checkpoint", body: { ...live.link(), size: 0 } }));
    }),
    kind: "malformed_record",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "bound: a claim without body",
    edit: continued((binder) => binder.append(eventFields({ kind: "checkpoint" }))),
    kind: "malformed_record",
    seq: 4,
    log: NEW_BINDER,
  },
];

const BINDERS: readonly Bound[] = [
  {
    name: "log of checkpoints: a record taken out",
    edit: (trail) => editLines(segment(oldBinder(trail), 0), (lines) => lines.toSpliced(2, 1)),
    kind: "seq_gap",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: a record replayed",
    edit: (trail) => editLines(segment(oldBinder(trail), 0), (lines) => lines.toSpliced(3, 0, lines[2] ?? utf8(""))),
    kind: "seq_repeated",
    seq: 3,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: its end cut",
    edit: (trail) => editLines(segment(oldBinder(trail), 0), (lines) => lines.slice(0, 4)),
    kind: "truncated_below_checkpoint",
    seq: 4,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: spliced with the end of another",
    edit: (trail) => {
      const other = linesOf((newBinder(trail).segments[0] as { bytes: Uint8Array }).bytes);
      editLines(segment(oldBinder(trail), 0), (lines) => [...lines.slice(0, 2), ...other.slice(2)]);
    },
    kind: "wrong_log",
    seq: 2,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: that of another key under its name",
    edit: (trail) => {
      newBinder(trail).segments = structuredClone(oldBinder(trail).segments);
      newBinder(trail).notes = structuredClone(oldBinder(trail).notes);
    },
    kind: "bad_log_open",
    seq: 0,
    log: NEW_BINDER,
  },
  {
    name: "log of checkpoints: an ordinary log under its name",
    edit: (trail) => {
      newBinder(trail).segments = structuredClone(at(trail, 2).segments);
      newBinder(trail).notes = [];
    },
    kind: "misplaced_kind",
    seq: 1,
    log: NEW_BINDER,
  },
  {
    name: "log of checkpoints: among the ordinary logs",
    edit: (trail) => {
      trail.logs.push({ ...structuredClone(oldBinder(trail)), id: uuid(4) });
    },
    kind: "misplaced_kind",
    seq: 1,
  },
  {
    name: "log of checkpoints: a checkpoint of an ordinary log beside it",
    edit: (trail) => {
      oldBinder(trail).notes[0] = { ...lastNote(second(trail))[0], name: "0000000000000006.note" } as never;
    },
    kind: "wrong_origin",
    seq: 5,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: signed by another key",
    edit: (trail) => {
      const { oldBinder: old } = boundWriters();
      oldBinder(trail).notes = [old.note(old.size, [NEXT_SIGNER])];
    },
    kind: "wrong_signer",
    seq: 4,
    log: OLD_BINDER,
  },
  {
    name: "log of checkpoints: made by a stranger",
    edit: (trail) => {
      const { closed } = boundWriters();
      trail.logs.push(new LogWriter({ n: 6, signer: STRANGER, binds: true }).bind(closed).checkpoint().log);
    },
    kind: "untrusted_key",
    seq: 0,
  },
  {
    name: "log of checkpoints: log.open binds another origin",
    edit: (trail) => {
      const { closed } = boundWriters();
      const open = { origin: "proclaw.log/elsewhere" };
      trail.logs[NEW_BINDER] = new LogWriter({ n: 5, signer: NEXT_SIGNER, binds: true, open }).bind(closed).log;
    },
    kind: "bad_log_open",
    seq: 0,
    log: NEW_BINDER,
  },
  {
    name: "log of checkpoints: the one before it removed",
    edit: (trail) => trail.logs.splice(OLD_BINDER, 1),
    kind: "predecessor_missing",
    seq: 0,
    log: NEW_BINDER,
  },
  {
    name: "log of checkpoints: the one before it rewritten with the stolen key, together with the log it bound",
    edit: (trail) => {
      const { rotated } = boundWriters();
      const forged = new LogWriter({ n: 4, signer: SIGNER, binds: true });
      trail.logs[OLD_BINDER] = forged.bind(rotated, 4).bind(rotated, 7).checkpoint().log;
      trail.logs.splice(1, 1);
    },
    kind: "predecessor_mismatch",
    seq: 0,
    log: NEW_BINDER,
  },
];

const KINDS: readonly Bound[] = [
  ...(["heartbeat", "log.close", "key.rotate", "policy.load"] as const).map((kind) => ({
    name: `misplaced: ${kind} in a log of checkpoints`,
    edit: continued((binder) => binder.append(eventFields({ kind }))),
    kind: "misplaced_kind",
    seq: 4,
    log: NEW_BINDER,
  })),
  {
    name: "misplaced: a decision in a log of checkpoints",
    edit: continued((binder) => binder.append(decisionEvent("hidden"))),
    kind: "misplaced_kind",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "misplaced: a second log.open in a log of checkpoints",
    edit: continued((binder) => binder.append(eventFields({ kind: "log.open" }))),
    kind: "misplaced_log_open",
    seq: 4,
    log: NEW_BINDER,
  },
  {
    name: "misplaced: checkpoint in an ordinary log",
    edit: (trail) => {
      const { live, closed } = boundWriters();
      trail.logs[2] = live.bind(closed).log;
    },
    kind: "misplaced_kind",
    seq: 5,
    log: 2,
  },
];

export const BOUND_TAMPERS: readonly TamperCase[] = [...REMOVED, ...CLAIMS, ...BINDERS, ...KINDS].map((one) => ({
  ...one,
  trail: "bound",
}));

function forgeRoot(log: LogImage, record: number): void {
  editRecord(segment(log, 0), record, (r) => {
    r.body = { ...r.body, root: "0".repeat(64) };
  });
}

/** A checkpoint of the new key over all of its log of checkpoints. */
function noteOver(log: LogImage): LogImage["notes"][number] {
  const copy: LogImage = { ...log, id: uuid(5), notes: [{ name: "0000000000000004.note", note: utf8("") }] };
  resign(copy, NEXT_SIGNER);
  return copy.notes[0] as LogImage["notes"][number];
}
