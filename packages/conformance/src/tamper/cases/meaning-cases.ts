import { eventFields } from "@proclaw/core";
import { testKey, OTHER_SIGNER, SIGNER } from "../trail-format.ts";
import { type TrailImage } from "../trail-image.ts";
import { decisionEvent, LogWriter, outcomeEvent } from "../log-writer.ts";
import type { TamperCase } from "../tamper-case.ts";

const lying = (build: (log: LogWriter) => void): ((trail: TrailImage) => void) => {
  return (trail) => {
    const writer = new LogWriter({ n: 2, signer: SIGNER });
    build(writer);
    trail.logs[1] = writer.checkpoint().log;
  };
};

export const MEANING_TAMPERS: readonly TamperCase[] = [
  {
    name: "meaning: an outcome without a decision",
    edit: lying((log) => log.append(outcomeEvent("ghost"))),
    kind: "orphan_outcome",
    seq: 1,
  },
  {
    name: "meaning: a second outcome",
    edit: lying((log) => log.call("a").append(outcomeEvent("a"))),
    kind: "orphan_outcome",
    seq: 3,
  },
  {
    name: "meaning: the outcome stands before its decision",
    edit: lying((log) => log.append(outcomeEvent("a")).append(decisionEvent("a"))),
    kind: "orphan_outcome",
    seq: 1,
  },
  {
    name: "meaning: a denied call ran",
    edit: lying((log) => log.call("a", "deny").append(outcomeEvent("a"))),
    kind: "executed_without_allow",
    seq: 2,
  },
  {
    name: "meaning: a denied call that calls itself pending ran",
    edit: lying((log) =>
      log.append({ ...decisionEvent("a", "deny"), execution_status: "pending" }).append(outcomeEvent("a")),
    ),
    kind: "executed_without_allow",
    seq: 2,
  },
  {
    name: "meaning: log.open binds a key of another type",
    edit: (trail) => {
      const witness = testKey("proclaw.test/witness", 3, 4);
      trail.logs[1] = new LogWriter({ n: 2, signer: SIGNER, open: { public_key: witness.vkey } }).call("a").log;
    },
    kind: "bad_log_open",
    seq: 0,
  },
  {
    name: "meaning: a denied call ran and failed",
    edit: lying((log) => log.call("a", "deny").append(outcomeEvent("a", "error"))),
    kind: "executed_without_allow",
    seq: 2,
  },
  {
    name: "meaning: a decision that says it has already run",
    edit: lying((log) => log.append({ ...decisionEvent("a"), execution_status: "success" })),
    kind: "malformed_record",
    seq: 1,
  },
  {
    name: "meaning: an epoch left out",
    edit: lying((log) => log.rotate(OTHER_SIGNER).append(eventFields({ kind: "heartbeat" }), { key_epoch: 2 })),
    kind: "key_epoch_unknown",
    seq: 2,
  },
  {
    name: "meaning: an epoch that goes back",
    edit: lying((log) =>
      log
        .rotate(OTHER_SIGNER)
        .append(eventFields({ kind: "heartbeat" }), { key_epoch: 1 })
        .append(eventFields({ kind: "heartbeat" }), { key_epoch: 0 }),
    ),
    kind: "key_epoch_unknown",
    seq: 3,
  },
  {
    name: "meaning: an epoch whose key nobody introduced",
    edit: lying((log) => log.append(eventFields({ kind: "heartbeat" }), { key_epoch: 1 })),
    kind: "key_epoch_unknown",
    seq: 1,
  },
];
