import type { AuditSource, StoredSegment } from "@proclaw/core";
import { fromHex, equalBytes } from "./bytes.ts";
import { CheckpointWalk } from "./checkpoint-walk.ts";
import type { DamageKind, Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import type { Hasher } from "./hasher.ts";
import { logOrigin, numberInName } from "./layout.ts";
import { LineSplitter } from "./line-splitter.ts";
import { LogChain, type Predecessor } from "./log-chain.ts";
import type { LogReport } from "./report.ts";
import { counted, keyLabel } from "./wording.ts";
import { isRoot, judgeClaim, type ClaimJudge, type RootClaim } from "./root-claim.ts";

/** A later log says that this log had this root at this size. */
export interface Link extends Predecessor {
  /** The log that says so. */
  readonly from: string;
}

export interface LogVerificationOptions extends ClaimJudge {
  readonly hasher: Hasher;
  readonly strict: boolean;
  readonly findings: FindingList;
  /** Checkpoints of this log that were kept elsewhere, by size. */
  readonly anchors: readonly RootClaim[];
  /** By size. */
  readonly links: readonly Link[];
  readonly witnessQuorum: number;
  /** Called between chunks; may throw to stop everything. */
  readonly tick: (progress: { readonly records: number; readonly bytes: number }) => void;
}

export interface LogOutcome extends LogReport {
  readonly bytes: number;
  readonly witnessed: boolean;
  readonly confirmedAnchors: number;
}

/** How often the end of a live log is read again, because a checkpoint says that it has grown. */
const MAX_READS = 16;

/**
 * Verifies one log in one pass: records, and every signed or linked root at exactly the size it
 * speaks of.
 */
export class LogVerification {
  readonly #log: string;
  readonly #source: AuditSource;
  readonly #options: LogVerificationOptions;
  readonly #findings: FindingList;
  readonly #chain: LogChain;
  readonly #walk: CheckpointWalk;
  readonly #splitter = new LineSplitter();
  #nextAnchor = 0;
  #nextLink = 0;
  /** Size at which the next claim is to be checked; infinite: no more. */
  #stop = Number.POSITIVE_INFINITY;
  /** Bytes after the last LF of the segment read last. */
  #torn: Place | null = null;
  #bytes = 0;
  #covered = 0;
  #claims = 0;
  #witnessed = false;
  #confirmedAnchors = 0;
  #unknownSigners = 0;
  #firstUnknownSigner: string | null = null;

  constructor(log: string, source: AuditSource, options: LogVerificationOptions) {
    this.#log = log;
    this.#source = source;
    this.#options = options;
    this.#findings = options.findings;
    this.#chain = new LogChain(log, options);
    this.#walk = new CheckpointWalk(log, source.checkpoints(log), options.findings);
  }

  async run(): Promise<LogOutcome> {
    const damageBefore = this.#findings.counts.damage;
    const isClean = (): boolean => this.#findings.counts.damage === damageBefore;
    try {
      await this.#walk.advance();
      this.#setStop();
      let size = -1;
      for (let reads = 0; reads < MAX_READS && this.#chain.size > size; reads++) {
        size = this.#chain.size;
        await this.#read(reads === 0 ? undefined : size);
        // A writer makes records durable before it signs them. So a checkpoint beyond the end is a
        // cut tail, or the log has grown since we came to its end: then it is still growing now.
        const beyond = (this.#walk.pending?.checkpoint.size ?? 0) > this.#chain.size;
        if (!beyond || this.#chain.closed || !isClean()) break;
      }
      await this.#finish();
    } finally {
      await this.#walk.close();
    }
    return {
      log: this.#log,
      records: this.#chain.size,
      head: this.#chain.head,
      covered: this.#covered,
      closed: this.#chain.closed,
      key: this.#chain.declaredKey === null ? null : keyLabel(this.#chain.declaredKey),
      bytes: this.#bytes,
      witnessed: this.#witnessed,
      confirmedAnchors: this.#confirmedAnchors,
    };
  }

  async #read(fromSeq: number | undefined): Promise<void> {
    let skip = 0;
    let isFirst = true;
    this.#torn = null;
    for await (const segment of this.#source.read(this.#log, fromSeq)) {
      if (this.#torn !== null) this.#damage("torn_line", this.#torn, "the last line of the segment has no end");
      this.#torn = null;
      if (isFirst && fromSeq !== undefined) skip = Math.max(0, fromSeq - segment.firstSeq);
      else this.#enter(segment);
      isFirst = false;
      let lineNumber = 0;
      for await (const chunk of segment.bytes) {
        this.#options.tick({ records: this.#chain.size, bytes: this.#bytes });
        this.#splitter.feed(chunk);
        for (let line = this.#splitter.next(); line !== null; line = this.#splitter.next()) {
          lineNumber++;
          if (skip > 0) {
            skip--;
            continue;
          }
          this.#bytes += line.length + 1;
          this.#chain.take(line, segment.name, lineNumber);
          if (this.#chain.size >= this.#stop) await this.#checkClaims();
        }
      }
      if (this.#splitter.takeRest() > 0) {
        this.#torn = { log: this.#log, seq: this.#chain.expectedSeq, file: segment.name, line: lineNumber + 1 };
      }
    }
  }

  /** INVARIANT (rotation never resets the count): a segment begins where the one before it ended. */
  #enter(segment: StoredSegment): void {
    const expected = this.#chain.expectedSeq;
    const place: Place = { log: this.#log, seq: expected, file: segment.name, line: null };
    const named = numberInName(segment.name, ".jsonl");
    if (!Number.isSafeInteger(segment.firstSeq) || (named !== null && named !== segment.firstSeq)) {
      this.#damage("segment_misnamed", place, "the segment does not say with which record it begins");
      return;
    }
    if (segment.firstSeq === expected) return;
    const isGap = segment.firstSeq > expected;
    this.#damage(
      isGap ? "segment_gap" : "segment_overlap",
      place,
      `the segment begins with record ${segment.firstSeq} where ${expected} is expected`,
    );
    this.#chain.resumeAt(segment.firstSeq);
  }

  #setStop(): void {
    this.#stop = Math.min(
      this.#walk.pending?.checkpoint.size ?? Number.POSITIVE_INFINITY,
      this.#options.anchors[this.#nextAnchor]?.checkpoint.size ?? Number.POSITIVE_INFINITY,
      this.#options.links[this.#nextLink]?.size ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Checks every claim about exactly this size. */
  async #checkClaims(): Promise<void> {
    const size = this.#chain.size;
    const root = this.#chain.tree.root();
    for (let claim = this.#walk.pending; claim?.checkpoint.size === size; claim = this.#walk.pending) {
      await this.#checkCheckpoint(claim, root);
      await this.#walk.advance();
    }
    for (;;) {
      const anchor = this.#options.anchors[this.#nextAnchor];
      if (anchor?.checkpoint.size !== size) break;
      await this.#checkAnchor(anchor, root);
      this.#nextAnchor++;
    }
    for (;;) {
      const link = this.#options.links[this.#nextLink];
      if (link?.size !== size) break;
      if (!equalBytes(fromHex(link.root), root)) this.#linkMismatch(link);
      this.#nextLink++;
    }
    this.#setStop();
  }

  async #checkCheckpoint(claim: RootClaim, root: Uint8Array | null): Promise<void> {
    this.#claims++;
    const { size, origin } = claim.checkpoint;
    const place: Place = { log: this.#log, seq: size - 1, file: claim.name, line: null };
    if (origin !== logOrigin(this.#log)) {
      this.#damage("wrong_origin", place, "the checkpoint is of another log");
      return;
    }
    const verdict = await judgeClaim(claim, this.#chain.declaredKey, this.#options);
    if (!verdict.ok) {
      this.#damage(verdict.why, place, `the checkpoint cannot be believed: ${verdict.message}`);
      return;
    }
    if (verdict.unknown > 0) {
      this.#unknownSigners += verdict.unknown;
      this.#firstUnknownSigner ??= claim.name;
    }
    if (root === null) {
      this.#damage(
        "truncated_below_checkpoint",
        { log: this.#log, seq: this.#chain.expectedSeq, file: claim.name, line: null },
        `a checkpoint covers ${counted(size, "record")}, the log has ${this.#chain.size}`,
      );
    } else if (isRoot(claim, root)) this.#cover(size, verdict);
    else {
      this.#damage(
        "root_mismatch",
        this.#chain.lastPlace ?? place,
        `the first ${counted(size, "record")} are not what the checkpoint \`${claim.name}\` covers`,
      );
    }
  }

  async #checkAnchor(claim: RootClaim, root: Uint8Array | null): Promise<void> {
    const { size } = claim.checkpoint;
    const place: Place = { log: this.#log, seq: size - 1, file: claim.name, line: null };
    const verdict = await judgeClaim(claim, this.#chain.declaredKey, this.#options);
    if (!verdict.ok) {
      const kind = verdict.why === "untrusted_key" ? "anchor_untrusted" : "anchor_bad_signature";
      this.#damage(kind, place, `the anchor cannot be believed: ${verdict.message}`);
    } else if (root === null) {
      this.#damage(
        "truncated_below_anchor",
        { ...place, seq: this.#chain.expectedSeq },
        `an anchor covers ${counted(size, "record")}, the log has ${this.#chain.size}`,
      );
    } else if (isRoot(claim, root)) {
      this.#confirmedAnchors++;
      this.#cover(size, verdict);
    } else {
      this.#damage(
        "anchor_mismatch",
        this.#chain.lastPlace ?? place,
        `the first ${counted(size, "record")} are not what the anchor \`${claim.name}\` covers`,
      );
    }
  }

  #cover(size: number, verdict: { readonly trusted: boolean; readonly witnesses: number }): void {
    if (!verdict.trusted) return;
    this.#covered = Math.max(this.#covered, size);
    if (this.#options.witnessQuorum > 0 && verdict.witnesses >= this.#options.witnessQuorum) this.#witnessed = true;
  }

  /** What is left at the end of the log: claims about records that are not there, and the tail. */
  async #finish(): Promise<void> {
    this.#chain.finish();
    this.#judgeTail();
    for (let claim = this.#walk.pending; claim !== null; claim = this.#walk.pending) {
      await this.#checkCheckpoint(claim, null);
      await this.#walk.advance();
    }
    for (const anchor of this.#options.anchors.slice(this.#nextAnchor)) await this.#checkAnchor(anchor, null);
    for (const link of this.#options.links.slice(this.#nextLink)) this.#linkMismatch(link);

    const size = this.#chain.size;
    const place: Place = { log: this.#log, seq: null, file: null, line: null };
    if (this.#firstUnknownSigner !== null) {
      this.#findings.notice(
        "unknown_signer",
        { ...place, file: this.#firstUnknownSigner },
        `checkpoints of this log bear ${counted(this.#unknownSigners, "signature")} by keys that were not given`,
      );
    }
    if (size === 0) this.#findings.notice("empty_log", place, "the log has no records");
    else if (this.#claims === 0) this.#noCheckpoint(place);
    else if (this.#options.trusted !== null && this.#chain.closed && this.#covered < size) {
      this.#findings.notice(
        "uncovered_tail",
        { ...place, seq: this.#covered },
        `the log is closed, and its last ${counted(size - this.#covered, "record")} stand under no trusted checkpoint`,
      );
    }
  }

  /** Closing signs. A live log may not have come to its first checkpoint yet; a closed one was never signed, or it was taken. */
  #noCheckpoint(place: Place): void {
    if (!this.#chain.closed) {
      this.#findings.notice("no_checkpoint", place, "the log has no checkpoint");
      return;
    }
    const message =
      "closing a log signs it, and this closed log has no checkpoint: they were removed, or its writer died before the first and another key closed it";
    if (this.#options.strict) this.#damage("unsigned_close", place, message);
    else this.#findings.notice("closed_without_checkpoint", place, message);
  }

  #judgeTail(): void {
    if (this.#torn === null) return;
    if (this.#chain.closed) this.#damage("record_after_close", this.#torn, "bytes follow log.close");
    else if (this.#options.strict) this.#damage("torn_line", this.#torn, "the last line has no end");
    else {
      this.#findings.notice(
        "torn_tail",
        this.#torn,
        "the last line has no end: a write that was cut off, or that goes on right now",
      );
    }
  }

  #linkMismatch(link: Link): void {
    this.#damage(
      "predecessor_mismatch",
      { log: link.from, seq: 0, file: null, line: null },
      `log.open names ${counted(link.size, "record")} of log \`${this.#log}\` that are not there like that`,
    );
  }

  #damage(kind: DamageKind, place: Place, message: string): void {
    this.#findings.damage(kind, place, message);
  }
}
