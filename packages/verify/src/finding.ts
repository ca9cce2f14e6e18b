/**
 * What makes a trail tampered or broken: a closed union. `docs/audit/format.md` says when each is
 * found. A new kind is a minor change, so consumers need a default branch, and it must not pass.
 */
export const DAMAGE_KINDS = [
  // The line by itself.
  "empty_line",
  "oversized_line",
  "not_utf8",
  "not_json",
  "not_canonical",
  "malformed_record",
  "torn_line",
  // The chain.
  "wrong_log",
  "chain_broken",
  "seq_gap",
  "seq_repeated",
  "writer_epoch_decreased",
  "key_epoch_unknown",
  "bad_log_open",
  "misplaced_log_open",
  "bad_key_rotate",
  "misplaced_kind",
  "record_after_close",
  // What the records say together.
  "orphan_outcome",
  "executed_without_allow",
  "too_many_open_decisions",
  // The segments that hold them.
  "segment_gap",
  "segment_overlap",
  "segment_misnamed",
  // Checkpoints beside the log.
  "malformed_checkpoint",
  "checkpoint_misnamed",
  "checkpoint_out_of_order",
  "wrong_origin",
  "bad_signature",
  "wrong_signer",
  "untrusted_key",
  "root_mismatch",
  "truncated_below_checkpoint",
  "unsigned_close",
  // Checkpoints kept elsewhere, and links from other logs.
  "malformed_anchor",
  "anchor_log_missing",
  "anchor_bad_signature",
  "anchor_untrusted",
  "anchor_mismatch",
  "truncated_below_anchor",
  "predecessor_missing",
  "predecessor_mismatch",
  // What logs of checkpoints say of the logs.
  "bound_log_missing",
  "bound_root_mismatch",
  "truncated_below_bound",
  // The source failed while it was read.
  "source_failed",
] as const;
export type DamageKind = (typeof DAMAGE_KINDS)[number];

/** What an auditor should know of an intact trail: a closed union. */
export const NOTICE_KINDS = [
  "torn_tail",
  "open_decision",
  "clock_step_back",
  "unknown_signer",
  "no_checkpoint",
  "closed_without_checkpoint",
  "uncovered_tail",
  "empty_log",
  "store_evidence",
  "stray_folder",
  "unbound_log",
  "retired_key",
  "signed_after_death",
  "checkpoint_log_lost",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Where a finding is. Null: it has no such place (a log that is missing has no line). */
export interface Place {
  readonly log: string | null;
  /** Number of the record as the verifier counts, which is what its `seq` should be. */
  readonly seq: number | null;
  /** Segment, checkpoint or anchor, as its store names it. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
}

export type Finding = Place & { readonly message: string } & (
    | { readonly severity: "damage"; readonly kind: DamageKind }
    | { readonly severity: "notice"; readonly kind: NoticeKind }
  );

export type Damage = Finding & { readonly severity: "damage" };
