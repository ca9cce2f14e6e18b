import { canonicalJson, eventFields, type AuditRecord, type EventFields, type JsonObject } from "@proclaw/core";
import {
  checkpointLogOf,
  concat,
  leafOf,
  originOf,
  rotationText,
  segmentNameOf,
  toBase64,
  toHex,
  treeRoot,
  utf8,
  uuid,
  type TestKey,
} from "./trail-format.ts";
import { makeNote, type LogImage, type NoteImage } from "./trail-image.ts";

/*
 * Makes logs for tests from the description of the format, and nothing of the writer.
 */

const HEX64 = "ab".repeat(32);

/** An event of a plausible agent: what the runtime would report. */
export function decisionEvent(call: string, effect: "allow" | "deny" = "allow", args: JsonObject = {}): EventFields {
  return eventFields({
    kind: "decision",
    call_id: call,
    agent_id: "clinic-assistant",
    session_id: "session-1",
    principal: { sub: "dr-who", roles: ["physician"] },
    tool_name: "patient_records",
    input_payload: { mode: "inline", value: args, redactions: [], redaction_count: 0 },
    policy_decision: {
      effect,
      mode: "enforce",
      would_have: null,
      reason: effect === "allow" ? "allowed by a rule" : "denied by a rule",
      reason_code: effect === "allow" ? "allowed_by_rule" : "denied_by_rule",
      rule_id: "r1",
      rule_name: "own patients",
      determining_rules: ["r1"],
      determining_rule_count: 1,
      policy_id: "clinic",
      policy_version: 1,
      policy_sha256: HEX64,
      plan_sha256: HEX64,
      approver: null,
      eval_us: 12,
    },
    execution_status: effect === "allow" ? "pending" : "not_executed",
  });
}

export function outcomeEvent(call: string, status: EventFields["execution_status"] = "success"): EventFields {
  return eventFields({
    kind: "outcome",
    call_id: call,
    agent_id: "clinic-assistant",
    session_id: "session-1",
    tool_name: "patient_records",
    output_payload: { mode: "inline", value: { ok: true }, redactions: [], redaction_count: 0 },
    execution_status: status,
    duration_us: 1500,
  });
}

/** Writes one log, record by record. */
export class LogWriter {
  readonly id: string;
  readonly lines: Uint8Array[] = [];
  readonly leaves: Uint8Array[] = [];
  readonly log: LogImage;
  #signer: TestKey;
  #keyEpoch = 0;
  readonly #segmentRecords: number;
  readonly #start: number;

  constructor(options: {
    readonly n: number;
    readonly id?: string;
    readonly signer: TestKey;
    readonly segmentRecords?: number;
    readonly predecessor?: JsonObject | null;
    readonly open?: Partial<JsonObject>;
    /** A log of checkpoints. */
    readonly binds?: boolean;
  }) {
    this.id = options.id ?? uuid(options.n);
    const name = options.binds === true ? checkpointLogOf(options.signer) : this.id;
    this.log = { id: name, segments: [], notes: [] };
    this.#signer = options.signer;
    this.#segmentRecords = options.segmentRecords ?? Number.POSITIVE_INFINITY;
    this.#start = options.n * 1_000_000;
    this.append(
      eventFields({
        kind: "log.open",
        body: {
          origin: originOf(this.id),
          public_key: options.signer.vkey,
          predecessor: options.predecessor ?? null,
          software: "test 0",
          ...options.open,
        },
      }),
    );
  }

  get size(): number {
    return this.lines.length;
  }

  append(event: EventFields, chain: Partial<AuditRecord["hash_chain"]> = {}, more: Partial<AuditRecord> = {}): this {
    const seq = this.lines.length;
    const last = this.leaves.at(-1);
    const record: AuditRecord = {
      ...event,
      v: 1,
      event_id: uuid(this.#start + seq),
      timestamp: new Date(Date.UTC(2026, 0, 1) + seq * 7).toISOString(),
      mono_ns: String(seq * 7_000_000),
      boot_id: "boot-1",
      hash_chain: {
        alg: "sha256-rfc6962",
        log: this.id,
        writer: "writer-1",
        writer_epoch: 0,
        key_epoch: this.#keyEpoch,
        seq,
        prev: last === undefined ? null : toHex(last),
        ...chain,
      },
      ...more,
    };
    this.appendLine(utf8(canonicalJson(record)));
    return this;
  }

  appendLine(line: Uint8Array): void {
    if (this.lines.length % this.#segmentRecords === 0 || this.log.segments.length === 0) {
      this.log.segments.push({ name: segmentNameOf(this.lines.length), bytes: new Uint8Array(0) });
    }
    const segment = this.log.segments.at(-1);
    if (segment !== undefined) segment.bytes = concat(segment.bytes, line, utf8("\n"));
    this.lines.push(line);
    this.leaves.push(leafOf(line));
  }

  /** One allowed call that ran, or a denied one. */
  call(id: string, effect: "allow" | "deny" = "allow", args: JsonObject = {}): this {
    this.append(decisionEvent(id, effect, args));
    return effect === "allow" ? this.append(outcomeEvent(id)) : this;
  }

  close(): this {
    return this.append(eventFields({ kind: "log.close" }));
  }

  /** Hands over to another key: the record, the checkpoint of the old key, and from then on the new one. */
  rotate(next: TestKey, body: Partial<JsonObject> = {}, signer: TestKey = this.#signer): this {
    const text = rotationText(this.id, this.#keyEpoch + 1, next.vkey);
    const signature = toBase64(signer.sign(utf8(text)));
    const whole = { public_key: next.vkey, key_epoch: this.#keyEpoch + 1, signature, ...body } as JsonObject;
    this.append(eventFields({ kind: "key.rotate", body: whole })).checkpoint();
    this.#signer = next;
    this.#keyEpoch++;
    return this;
  }

  /** What another log says of the first `size` records of this one. */
  link(size: number = this.size): { log: string; size: number; root: string } {
    return { log: this.id, size, root: toHex(treeRoot(this.leaves.slice(0, size))) };
  }

  /** Of a log of checkpoints: binds another log up to a size. */
  bind(other: LogWriter, size: number = other.size): this {
    return this.append(eventFields({ kind: "checkpoint", body: other.link(size) }));
  }

  note(
    size: number = this.size,
    signers: readonly TestKey[] = [this.#signer],
    origin: string = originOf(this.id),
  ): NoteImage {
    return makeNote(origin, size, treeRoot(this.leaves.slice(0, size)), signers);
  }

  checkpoint(): this {
    this.log.notes.push(this.note());
    return this;
  }
}
