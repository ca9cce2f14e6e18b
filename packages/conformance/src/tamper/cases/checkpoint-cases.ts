import {
  concat,
  nodeOf,
  originOf,
  sha256,
  textOf,
  treeRoot,
  utf8,
  uuid,
  OTHER_SIGNER,
  SIGNER,
  type TestKey,
} from "../trail-format.ts";
import { makeNote } from "../trail-image.ts";
import { editNote, first, leavesOf, resign, second, segment } from "../edits.ts";
import { LogWriter } from "../log-writer.ts";
import type { TamperCase } from "../tamper-case.ts";

export const CHECKPOINT_TAMPERS: readonly TamperCase[] = [
  {
    name: "checkpoint: the root forged",
    edit: (trail) =>
      editNote(first(trail), 0, (text) => text.replace(/\n[A-Za-z0-9+/]{42}[A-Za-z0-9+/]=/, `\n${"A".repeat(43)}=`)),
    kind: "bad_signature",
    seq: 3,
  },
  {
    name: "checkpoint: the root forged and signed with the stolen key",
    edit: (trail) => {
      const log = first(trail);
      log.notes[1] = makeNote(originOf(log.id), 12, new Uint8Array(32), [SIGNER]);
    },
    kind: "root_mismatch",
    seq: 11,
  },
  {
    name: "checkpoint: signed by somebody else",
    edit: (trail) => resign(first(trail), OTHER_SIGNER),
    kind: "wrong_signer",
    seq: 3,
  },
  {
    name: "checkpoint: signed by somebody else under our name and key id",
    edit: (trail) => {
      const impostor: TestKey = { ...SIGNER, sign: OTHER_SIGNER.sign };
      resign(first(trail), impostor);
    },
    kind: "bad_signature",
    seq: 3,
  },
  {
    name: "checkpoint: log, key and checkpoints all made anew by somebody else",
    edit: (trail) => {
      trail.logs[1] = new LogWriter({ n: 2, signer: OTHER_SIGNER }).call("b1").checkpoint().log;
    },
    kind: "untrusted_key",
    seq: 0,
  },
  {
    name: "checkpoint: of another log",
    edit: (trail) => {
      const log = first(trail);
      log.notes[0] = makeNote(originOf(uuid(2)), 4, treeRoot(leavesOf(log).slice(0, 4)), [SIGNER]);
    },
    kind: "wrong_origin",
    seq: 3,
  },
  {
    name: "checkpoint: renamed",
    needs: ["note_names"],
    edit: (trail) => {
      const [note] = first(trail).notes;
      if (note !== undefined) note.name = "0000000000000005.note";
    },
    kind: "checkpoint_misnamed",
    seq: null,
  },
  {
    name: "checkpoint: renamed behind a larger one",
    needs: ["free_names"],
    edit: (trail) => {
      const [note] = first(trail).notes;
      if (note !== undefined) note.name = "z.note";
    },
    kind: "checkpoint_out_of_order",
    seq: null,
  },
  {
    name: "checkpoint: emptied",
    edit: (trail) => editNote(first(trail), 1, () => ""),
    kind: "malformed_checkpoint",
    seq: null,
  },
  {
    name: "checkpoint: without its signature",
    edit: (trail) => editNote(first(trail), 1, (text) => text.slice(0, text.indexOf("\n\n") + 2)),
    kind: "malformed_checkpoint",
    seq: null,
  },
  {
    name: "checkpoint: over no record",
    edit: (trail) => first(trail).notes.unshift(makeNote(originOf(uuid(1)), 0, sha256(), [SIGNER])),
    kind: "malformed_checkpoint",
    seq: null,
  },
  {
    name: "checkpoint: larger than a note may be",
    edit: (trail) => editNote(first(trail), 1, (text) => text + "x".repeat(262_144)),
    kind: "malformed_checkpoint",
    seq: null,
  },
  {
    name: "checkpoint: over records that never were",
    edit: (trail) => first(trail).notes.push(makeNote(originOf(uuid(1)), 99, new Uint8Array(32), [SIGNER])),
    kind: "truncated_below_checkpoint",
    seq: 15,
  },
  {
    name: "checkpoint: the signature of another size",
    edit: (trail) => {
      const log = first(trail);
      const [one = "", two = ""] = log.notes.map(({ note }) => textOf(note));
      const signatures = one.slice(one.indexOf("\n\n"));
      editNote(log, 1, () => two.slice(0, two.indexOf("\n\n")) + signatures);
    },
    kind: "bad_signature",
    seq: 11,
  },
  {
    name: "tree: an inner node passed off as a record",
    edit: (trail) => {
      // Without the prefixes of RFC 6962 a file with one line, the two leaf hashes, would have the root of two records.
      const log = second(trail);
      const [a, b] = leavesOf(log) as [Uint8Array, Uint8Array];
      log.notes = [makeNote(originOf(log.id), 2, nodeOf(a, b), [SIGNER])];
      segment(log, 0).bytes = concat(Uint8Array.of(1), a, b, utf8("\n")).filter(
        (byte, i, all) => byte !== 10 || i === all.length - 1,
      );
    },
    kind: "not_utf8",
    seq: 0,
  },
];
