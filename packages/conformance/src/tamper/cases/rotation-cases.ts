import { eventFields, type JsonObject } from "@proclaw/core";
import { editLines, editNote, first, rechain, segment } from "../edits.ts";
import { LogWriter } from "../log-writer.ts";
import type { TamperCase } from "../tamper-case.ts";
import { NEXT_SIGNER, rotationText, SIGNER, testKey, toBase64, utf8, uuid, type TestKey } from "../trail-format.ts";
import { makeNote, type TrailImage } from "../trail-image.ts";

/*
 * Log 0 of `boundTrail` rotates its key in record 6. Here it is written anew with another rotation,
 * everything else as it was.
 */

const STRANGER = testKey("proclaw.test/stranger", 7);
const WITNESS = testKey("proclaw.test/witness", 3, 4);

const signed = (signer: TestKey, log: string, epoch: number, vkey: string): string =>
  toBase64(signer.sign(utf8(rotationText(log, epoch, vkey))));

function rewritten(rotate: (log: LogWriter) => unknown): (trail: TrailImage) => void {
  return (trail) => {
    const log = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 6 });
    log.call("a1").call("a2", "deny").checkpoint().call("a3");
    rotate(log);
    log.call("a4").call("a5", "deny").checkpoint().call("a6").close().checkpoint();
    trail.logs[0] = log.log;
  };
}

const withBody = (body: (log: LogWriter) => Partial<JsonObject>, next: TestKey = NEXT_SIGNER): TamperCase["edit"] =>
  rewritten((log) => log.rotate(next, body(log)));

const badRotation = (name: string, edit: TamperCase["edit"]): TamperCase => ({
  name: `rotation: ${name}`,
  trail: "bound",
  edit,
  kind: "bad_key_rotate",
  seq: 6,
  log: 0,
});

export const ROTATION_TAMPERS: readonly TamperCase[] = [
  badRotation(
    "forged by somebody who lacks the old key",
    rewritten((log) => log.rotate(STRANGER, {}, STRANGER).log.notes.pop()),
  ),
  badRotation(
    "signed by the new key in place of the old one",
    rewritten((log) => log.rotate(NEXT_SIGNER, {}, NEXT_SIGNER)),
  ),
  badRotation(
    "the signature made for another log",
    withBody(() => ({ signature: signed(SIGNER, uuid(2), 1, NEXT_SIGNER.vkey) })),
  ),
  badRotation(
    "the signature made for another epoch",
    withBody((log) => ({ signature: signed(SIGNER, log.id, 2, NEXT_SIGNER.vkey) })),
  ),
  badRotation(
    "an epoch left out, rightly signed",
    withBody((log) => ({ key_epoch: 2, signature: signed(SIGNER, log.id, 2, NEXT_SIGNER.vkey) })),
  ),
  badRotation(
    "another epoch named than signed",
    withBody(() => ({ key_epoch: 0 })),
  ),
  badRotation(
    "the key exchanged, the signature left",
    withBody((log) => ({ signature: signed(SIGNER, log.id, 1, NEXT_SIGNER.vkey) }), STRANGER),
  ),
  badRotation(
    "to the key that it retires",
    rewritten((log) => log.rotate(SIGNER)),
  ),
  badRotation(
    "to the key that it retires, under another name",
    rewritten((log) => log.rotate(testKey("proclaw.test/renamed", 1))),
  ),
  badRotation(
    "to a key of another type",
    withBody((log) => ({ public_key: WITNESS.vkey, signature: signed(SIGNER, log.id, 1, WITNESS.vkey) })),
  ),
  badRotation(
    "without signature",
    withBody(() => ({ signature: null })),
  ),
  badRotation(
    "the signature in another spelling",
    withBody((log) => ({ signature: signed(SIGNER, log.id, 1, NEXT_SIGNER.vkey).replace(/=+$/, "") })),
  ),
  badRotation(
    "a signature of no bytes",
    withBody(() => ({ signature: "" })),
  ),
  {
    name: "rotation: taken out, and all after it chained anew",
    trail: "bound",
    edit: (trail) => {
      editLines(segment(first(trail), 1), (lines) => lines.slice(1));
      rechain(first(trail));
    },
    kind: "key_epoch_unknown",
    seq: 6,
    log: 0,
  },
  {
    name: "rotation: epoch downgrade: records after it that claim the old epoch, signed with the old key",
    trail: "bound",
    edit: (trail) => {
      const log = new LogWriter({ n: 1, signer: SIGNER });
      log.call("a1").call("a2", "deny").checkpoint().call("a3").rotate(NEXT_SIGNER);
      log.append(eventFields({ kind: "heartbeat" }), { key_epoch: 0 });
      log.log.notes.push(log.note(log.size, [SIGNER]));
      trail.logs[0] = log.log;
    },
    kind: "key_epoch_unknown",
    seq: 7,
    log: 0,
  },
  {
    name: "rotation: a record of the old epoch forged into the new one",
    trail: "bound",
    edit: rewritten((log) =>
      log
        .rotate(NEXT_SIGNER)
        .append(eventFields({ kind: "heartbeat" }))
        .append(eventFields({ kind: "heartbeat" }), { key_epoch: 0 }),
    ),
    kind: "key_epoch_unknown",
    seq: 8,
    log: 0,
  },
  {
    name: "rotation: forged old epoch: a checkpoint over records of the new epoch under the old key",
    trail: "bound",
    edit: (trail) => resignNote(trail, 2, SIGNER),
    kind: "wrong_signer",
    seq: 9,
    log: 0,
  },
  {
    name: "rotation: a checkpoint over records of the old epoch under the new key",
    trail: "bound",
    edit: (trail) => resignNote(trail, 0, NEXT_SIGNER),
    kind: "wrong_signer",
    seq: 3,
    log: 0,
  },
  {
    name: "rotation: the checkpoint that ends with it signed by the new key",
    trail: "bound",
    edit: (trail) => resignNote(trail, 1, NEXT_SIGNER),
    kind: "wrong_signer",
    seq: 6,
    log: 0,
  },
  {
    name: "rotation: the checkpoint that ends with it taken away",
    trail: "bound",
    edit: (trail) => first(trail).notes.splice(1, 1),
    kind: "untrusted_key",
    seq: 9,
    log: 0,
  },
  {
    name: "rotation: the checkpoint that ends with it forged",
    trail: "bound",
    edit: (trail) => editNote(first(trail), 1, (text) => text.replace("\n7\n", "\n6\n")),
    kind: "bad_signature",
    seq: 5,
    log: 0,
  },
];

/** Signs a checkpoint of log 0 anew with another key. */
function resignNote(trail: TrailImage, index: number, signer: TestKey): void {
  const log = first(trail);
  const [origin = "", size = "", root = ""] = Buffer.from(log.notes[index]?.note ?? [])
    .toString()
    .split("\n");
  log.notes[index] = makeNote(origin, Number(size), new Uint8Array(Buffer.from(root, "base64")), [signer]);
}
