import { canonicalJson } from "@proclaw/core";
import { concat, originOf, textOf, utf8, uuid, SIGNER } from "../trail-format.ts";
import { type TrailImage } from "../trail-image.ts";
import {
  append,
  editLines,
  editRecord,
  first,
  linesOf,
  rechain,
  resign,
  second,
  segment,
  type Loose,
} from "../edits.ts";
import type { TamperCase } from "../tamper-case.ts";

export const ORDER_TAMPERS: readonly TamperCase[] = [
  {
    name: "records: one deleted",
    edit: (trail) => editLines(segment(first(trail), 0), (lines) => lines.toSpliced(2, 1)),
    kind: "seq_gap",
    seq: 2,
  },
  {
    name: "records: one deleted and all after it chained anew",
    edit: (trail) => {
      const log = first(trail);
      // The outcome of a call goes, its decision stays: only the checkpoint can tell.
      editLines(segment(log, 0), (lines) => lines.toSpliced(2, 1));
      log.segments = [{ name: segment(log, 0).name, bytes: concat(...log.segments.map(({ bytes }) => bytes)) }];
      rechain(log);
    },
    kind: "root_mismatch",
    seq: 3,
  },
  {
    name: "records: the first deleted",
    edit: (trail) => editLines(segment(first(trail), 0), (lines) => lines.slice(1)),
    kind: "seq_gap",
    seq: 0,
  },
  {
    name: "records: one inserted",
    edit: (trail) => editLines(segment(first(trail), 0), (lines) => lines.toSpliced(3, 0, forged(trail))),
    kind: "chain_broken",
    seq: 3,
  },
  {
    name: "records: two swapped",
    edit: (trail) =>
      editLines(segment(first(trail), 0), (lines) =>
        lines.toSpliced(2, 2, lines[3] as Uint8Array, lines[2] as Uint8Array),
      ),
    kind: "seq_gap",
    seq: 2,
  },
  {
    name: "records: one twice",
    edit: (trail) => editLines(segment(first(trail), 0), (lines) => lines.toSpliced(3, 0, lines[2] as Uint8Array)),
    kind: "seq_repeated",
    seq: 3,
  },
  {
    name: "records: one replaced by the one of the same number in another log",
    edit: (trail) =>
      editLines(segment(first(trail), 0), (lines) =>
        lines.with(3, linesOf(segment(second(trail), 0).bytes)[3] as Uint8Array),
      ),
    kind: "wrong_log",
    seq: 3,
  },
  {
    name: "records: the tail of another log spliced on",
    edit: (trail) => {
      const other = linesOf(segment(first(trail), 0).bytes);
      editLines(segment(second(trail), 0), (lines) => [...lines.slice(0, 5), ...other.slice(5)]);
    },
    kind: "wrong_log",
    seq: 5,
  },
  {
    name: "records: a whole log under the id of another",
    edit: (trail) => {
      second(trail).segments = structuredClone(first(trail).segments);
    },
    kind: "wrong_log",
    seq: 0,
  },
  {
    name: "records: log.open in the middle",
    edit: (trail) => {
      const log = second(trail);
      editRecord(segment(log, 0), 5, (r) => {
        r.kind = "log.open";
      });
      rechain(log);
      resign(log, SIGNER);
    },
    kind: "misplaced_log_open",
    seq: 5,
  },
  {
    name: "records: no log.open",
    edit: (trail) => {
      const log = second(trail);
      editRecord(segment(log, 0), 0, (r) => {
        r.kind = "heartbeat";
      });
      rechain(log);
      resign(log, SIGNER);
    },
    kind: "bad_log_open",
    seq: 0,
  },
  {
    name: "records: log.open binds another origin",
    edit: (trail) => {
      const log = second(trail);
      editRecord(segment(log, 0), 0, (r) => {
        r.body = { ...r.body, origin: originOf(uuid(1)) };
      });
      rechain(log);
      resign(log, SIGNER);
    },
    kind: "bad_log_open",
    seq: 0,
  },
  {
    name: "records: one after log.close",
    edit: (trail) => {
      const log = first(trail);
      const last = segment(log, 2);
      editLines(last, (lines) => [...lines, lines[0] as Uint8Array]);
      rechain(log);
    },
    kind: "record_after_close",
    seq: 15,
  },
  {
    name: "records: bytes after log.close",
    needs: ["fragments"],
    edit: (trail) => append(segment(first(trail), 2), utf8("{}")),
    kind: "record_after_close",
    seq: 15,
  },
  {
    name: "records: trailing garbage, ended by LF",
    edit: (trail) => append(segment(second(trail), 0), utf8("garbage\n")),
    kind: "not_json",
    seq: 7,
  },
  {
    name: "records: the writer epoch goes back",
    edit: (trail) => {
      const log = second(trail);
      editRecord(segment(log, 0), 5, (r) => {
        r.hash_chain["writer_epoch"] = 3;
      });
      rechain(log);
      resign(log, SIGNER);
    },
    kind: "writer_epoch_decreased",
    seq: 6,
  },
  {
    name: "records: key.rotate without a key",
    edit: (trail) => {
      const log = second(trail);
      editRecord(segment(log, 0), 5, (r) => {
        r.kind = "key.rotate";
      });
      rechain(log);
      resign(log, SIGNER);
    },
    kind: "bad_key_rotate",
    seq: 5,
  },
];

/** A record that fits its place except that nobody after it knows it. */
function forged(trail: TrailImage): Uint8Array {
  const lines = linesOf(segment(first(trail), 0).bytes);
  const record = JSON.parse(textOf(lines[3] as Uint8Array)) as Loose;
  record.hash_chain["prev"] = "12".repeat(32);
  return utf8(canonicalJson(record));
}
