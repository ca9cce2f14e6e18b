import type { AuditRecord } from "@proclaw/core";
import { printable } from "./printable.ts";
import type { Paint, Tone } from "./style.ts";

/** A stored line as {@link describeRecord} needs it; the bytes may be anything. */
export interface TailLine {
  readonly log: string;
  /** Number of the line in its log, from 0. */
  readonly seq: number;
  readonly bytes: Uint8Array;
}

type Loose = { readonly [K in keyof AuditRecord]?: unknown };

/** The record's own timestamp, or an empty string if the line says none. */
export function timestampOf(line: TailLine): string {
  const { timestamp } = parse(line.bytes) ?? {};
  return typeof timestamp === "string" ? timestamp : "";
}

/** One line of text for people. Tail shows, it does not verify: nothing of a line is trusted. */
export function describeRecord(line: TailLine, paint: Paint): string {
  const place = paint("dim", `${line.log.slice(-8)}:${line.seq}`);
  const record = parse(line.bytes);
  if (record === null) return `${place}  ${paint("bad", "not a record")}`;
  const [tone, state] = stateOf(record);
  const parts = [
    paint("dim", word(record.timestamp)),
    place,
    paint(tone, state.padEnd(8)),
    paint("strong", word(record.tool_name)),
    word(record.agent_id),
    detailOf(record),
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function parse(bytes: Uint8Array): Loose | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const EFFECT_TONES: Readonly<Record<string, Tone>> = { allow: "good", deny: "bad", require_approval: "warn" };
const STATUS_TONES: Readonly<Record<string, Tone>> = { success: "good", error: "bad", timeout: "bad", killed: "bad" };

function stateOf(record: Loose): [Tone, string] {
  if (record.kind === "decision") {
    const effect = word(member(record.policy_decision, "effect"));
    return [toneOf(EFFECT_TONES, effect), effect];
  }
  if (record.kind === "outcome") {
    const status = word(record.execution_status);
    return [toneOf(STATUS_TONES, status), status];
  }
  return ["plain", word(record.kind)];
}

function toneOf(tones: Readonly<Record<string, Tone>>, word_: string): Tone {
  return Object.hasOwn(tones, word_) ? (tones[word_] ?? "warn") : "warn";
}

function detailOf(record: Loose): string {
  const decision = record.policy_decision;
  const rule = member(decision, "rule_name");
  const parts = [
    word(member(decision, "reason_code")),
    typeof rule === "string" ? `rule \`${printable(rule, 80)}\`` : "",
    member(decision, "mode") === "audit" ? "audit mode" : "",
    typeof record.duration_us === "number" ? `${(record.duration_us / 1_000).toFixed(1)} ms` : "",
    word(member(record.error, "type")),
    typeof record.call_id === "string" ? `call ${printable(record.call_id, 40)}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function word(value: unknown): string {
  return typeof value === "string" ? printable(value, 80) : "";
}
