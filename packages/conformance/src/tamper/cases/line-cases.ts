import { concat, utf8, SIGNER } from "../trail-format.ts";
import {
  editLines,
  editRecord,
  editText,
  first,
  joined,
  linesOf,
  replaceIn,
  resign,
  second,
  segment,
} from "../edits.ts";
import type { TamperCase } from "../tamper-case.ts";

export const LINE_TAMPERS: readonly TamperCase[] = [
  {
    name: "line: a number written otherwise (1.5 as 1.50)",
    edit: (trail) => replaceIn(segment(first(trail), 0), 4, '"amount":1.5', '"amount":1.50'),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: a duplicate key that hides the true value",
    edit: (trail) => replaceIn(segment(first(trail), 0), 4, '"amount":1.5', '"amount":9,"amount":1.5'),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: a duplicate key, chained and signed anew with the stolen key",
    edit: (trail) => {
      const log = second(trail);
      // Record 6 is the last: nothing after it has to be chained anew.
      replaceIn(segment(log, 0), 6, '"agent_id":', '"agent_id":"x","agent_id":');
      resign(log, SIGNER);
    },
    kind: null,
    strictKind: "not_canonical",
    seq: 6,
  },
  {
    name: "line: members in another order",
    edit: (trail) =>
      editText(segment(first(trail), 0), 4, (text) => JSON.stringify({ v: 1, ...(JSON.parse(text) as object) })),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: white space",
    edit: (trail) => editText(segment(first(trail), 0), 4, (text) => `${text} `),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: CRLF",
    edit: (trail) => editText(segment(first(trail), 0), 4, (text) => `${text}\r`),
    kind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: CRLF in the whole segment",
    edit: (trail) => editLines(segment(first(trail), 1), (lines) => lines.map((line) => concat(line, utf8("\r")))),
    kind: "not_canonical",
    seq: 6,
  },
  {
    name: "line: byte order mark before the first record",
    edit: (trail) => {
      const part = segment(first(trail), 0);
      part.bytes = concat(Uint8Array.of(0xef, 0xbb, 0xbf), part.bytes);
    },
    kind: "not_canonical",
    seq: 0,
  },
  {
    name: "line: escape of a character that needs none",
    edit: (trail) => replaceIn(segment(first(trail), 0), 4, "naïve", "na\\u00efve"),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: escape of a lone surrogate",
    edit: (trail) => replaceIn(segment(first(trail), 0), 4, "☃", "\\ud83d"),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: bytes that are not UTF-8",
    edit: (trail) => {
      const part = segment(first(trail), 0);
      const at = Buffer.from(part.bytes).indexOf("☃");
      part.bytes = concat(part.bytes.subarray(0, at), Uint8Array.of(0xff), part.bytes.subarray(at + 1));
    },
    kind: "not_utf8",
    seq: 4,
  },
  {
    name: "line: cut JSON",
    edit: (trail) => editText(segment(first(trail), 0), 4, (text) => text.slice(0, -1)),
    kind: "not_json",
    seq: 4,
  },
  {
    name: "line: not a JSON object",
    edit: (trail) => editText(segment(first(trail), 0), 4, () => "[]"),
    kind: "malformed_record",
    seq: 4,
  },
  {
    name: "line: an empty line",
    edit: (trail) => editLines(segment(first(trail), 0), (lines) => lines.toSpliced(4, 0, utf8(""))),
    kind: "empty_line",
    seq: 4,
  },
  {
    name: "line: larger than a record may be",
    edit: (trail) =>
      editRecord(segment(first(trail), 0), 4, (r) => {
        r.body = { padding: "x".repeat(65_536) };
      }),
    kind: "oversized_line",
    seq: 4,
  },
  {
    name: "line: nested too deeply to be canonical JSON",
    edit: (trail) =>
      replaceIn(segment(first(trail), 0), 4, '"amount":1.5', `"amount":${"[".repeat(20_000)}${"]".repeat(20_000)}`),
    kind: "chain_broken",
    strictKind: "not_canonical",
    seq: 4,
  },
  {
    name: "line: two records joined, their LF gone",
    edit: (trail) => {
      const part = segment(first(trail), 0);
      const lines = linesOf(part.bytes);
      part.bytes = joined([
        ...lines.slice(0, 2),
        concat(lines[2] as Uint8Array, lines[3] as Uint8Array),
        ...lines.slice(4),
      ]);
    },
    kind: "not_json",
    seq: 2,
  },
];
