import type { AuditSource, StoredSegment } from "@proclaw/core";
import type { BoundClaim } from "./bound-claims.ts";
import { fromHex, equalBytes } from "./bytes.ts";
import { CheckpointWalk } from "./checkpoint-walk.ts";
import type { DamageKind, Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import { numberInName } from "./layout.ts";
import type { Link, LogOutcome, LogVerificationOptions } from "./log-outcome.ts";
import { LogChain } from "./log-chain.ts";
import { formatNote } from "./note.ts";
import { isRoot, judgeClaim, type RootClaim } from "./root-claim.ts";
import { treeOf, type ChainSnapshot, type LogState } from "./verify-state.ts";
import { counted } from "./wording.ts";

const UNTRUSTED = "it is signed by a key that is not among the trusted ones";

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
  #nextAnchor = 0;
  #nextLink = 0;
  /** Size at which the next claim is to be checked; infinite: no more. */
  #stop = Number.POSITIVE_INFINITY;
  /** Bytes after the last LF of the segment read last. */
  #torn: Place | null = null;
  #nextBound = 0;
  #bytes = 0;
  #claims = 0;
  #anchored = 0;
  readonly #agreed = new Map<string, number>();
  #state: LogState | null = null;
  #unknownSigners = 0;
  #firstUnknownSigner: string | null = null;

  constructor(log: string, source: AuditSource, options: LogVerificationOptions) {
    this.#log = log;
    this.#source = source;
    this.#options = options;
    this.#findings = options.findings;
    this.#chain = new LogChain(log, options);
    const { from } = options;
    this.#walk = new CheckpointWalk(log, source.checkpoints(log, from?.size), options.findings);
    if (from !== null) this.#resume(from);
  }

  /** Goes on from where another run stopped. What is said of smaller sizes was for that run to check. */
  #resume(from: ChainSnapshot): void {
    this.#chain.restore(from, treeOf(this.#options.hasher, from));
    const { anchors, links, bound } = this.#options;
    while ((anchors[this.#nextAnchor]?.checkpoint.size ?? from.size) < from.size) this.#nextAnchor++;
    while ((links[this.#nextLink]?.size ?? from.size) < from.size) this.#nextLink++;
    while ((bound.at(this.#nextBound)?.size ?? from.size) < from.size) this.#nextBound++;
  }

  async run(): Promise<LogOutcome> {
    const damageBefore = this.#findings.counts.damage;
    const isClean = (): boolean => this.#findings.counts.damage === damageBefore;
    try {
      await this.#walk.advance();
      this.#setStop();
      if (this.#chain.size >= this.#stop) await this.#checkClaims();
      let size = -1;
      for (let reads = 0; reads < MAX_READS && this.#chain.size > size; reads++) {
        size = this.#chain.size;
        await this.#read(reads === 0 && size === 0 ? undefined : size);
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
      id: this.#chain.id,
      records: this.#chain.size,
      bytes: this.#bytes,
      head: this.#chain.head,
      closed: this.#chain.closed,
      epochs: this.#chain.keys.epochs,
      claims: this.#claims,
      agreed: Array.from(this.#agreed, ([by, size]) => ({ by, size })),
      anchored: this.#anchored,
      skipped: this.#options.from?.size ?? 0,
      state: this.#state,
    };
  }

  async #read(fromSeq: number | undefined): Promise<void> {
    let skip = 0;
    let isFirst = true;
    this.#torn = null;
    for await (const segment of this.#source.read(this.#log, fromSeq)) {
      if (this.#torn !== null) this.#damage("torn_line", this.#torn, "the last line of the segment has no end");
      this.#torn = null;
      if (isFirst && fromSeq !== undefined && segment.firstSeq <= fromSeq) skip = fromSeq - segment.firstSeq;
      else this.#enter(segment);
      isFirst = false;
      let lineNumber = 0;
      for await (const batch of this.#options.reader.batches(segment.bytes)) {
        this.#options.tick({ records: this.#chain.size, bytes: this.#bytes });
        for (let line = batch.next(); line !== null; line = batch.next()) {
          lineNumber++;
          if (skip > 0) {
            skip--;
            continue;
          }
          this.#bytes += line.length + 1;
          this.#chain.take(line, segment.name, lineNumber, batch.scanned);
          if (this.#chain.keys.isPending) await this.#checkRotation();
          if (this.#chain.size >= this.#stop) await this.#checkClaims();
        }
      }
      if (this.#options.reader.takeRest() > 0) {
        this.#torn = { log: this.#log, seq: this.#chain.expectedSeq, file: segment.name, line: lineNumber + 1 };
      }
    }
    if (skip > 0 || (isFirst && fromSeq !== undefined && fromSeq > 0)) this.#cut(fromSeq ?? 0, skip);
  }

  /** Records are gone that this run, or another one, has seen. */
  #cut(size: number, missing: number): void {
    const place: Place = { log: this.#log, seq: missing > 0 ? size - missing : 0, file: null, line: null };
    this.#damage(
      "truncated_below_anchor",
      place,
      `the log had ${counted(size, "record")} when it was verified before, and has fewer`,
    );
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
      this.#options.bound.at(this.#nextBound)?.size ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Checks every claim about exactly this size. */
  async #checkClaims(): Promise<void> {
    const size = this.#chain.size;
    const root = this.#chain.tree.root();
    for (let claim = this.#walk.pending; claim?.checkpoint.size === size; claim = this.#walk.pending) {
      const isGood = await this.#checkCheckpoint(claim, root);
      await this.#walk.advance();
      // Once a log: the lists that a snapshot copies may be long.
      if (isGood && this.#options.keepState && this.#walk.pending === null) this.#keep(claim);
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
    for (;;) {
      const bound = this.#options.bound.at(this.#nextBound);
      if (bound === null || bound === undefined || bound.size !== size) break;
      this.#checkBound(bound, root);
      this.#nextBound++;
    }
    this.#setStop();
  }

  #keep(claim: RootClaim): void {
    const snapshot = this.#chain.snapshot();
    if (snapshot !== null)
      this.#state = { log: this.#log, note: formatNote(claim.note.text, claim.note.signatures), ...snapshot };
  }

  async #checkRotation(): Promise<void> {
    const place = await this.#chain.keys.settle(this.#options.ed25519Verify);
    if (place !== null) {
      this.#damage("bad_key_rotate", place, "the signature in key.rotate is not one of the key that it retires");
    }
  }

  /** The place is where it is said: the log itself may be all right, and what is said of it forged. */
  #checkBound(bound: BoundClaim, root: Uint8Array | null): void {
    const place: Place = { log: bound.by, seq: bound.seq, file: null, line: null };
    const said = `the checkpoint record names ${counted(bound.size, "record")} of log \`${this.#log}\``;
    if (root === null) this.#damage("truncated_below_bound", place, `${said}, which has ${this.#chain.size}`);
    else if (equalBytes(bound.root, root)) this.#agree(bound);
    else this.#damage("bound_root_mismatch", place, `${said} that are not there like that`);
  }

  #agree({ by, seq, size }: BoundClaim): void {
    // An anchor on a log of checkpoints vouches for what stands below it there.
    if (seq >= (this.#options.anchoredAt.get(by) ?? 0)) return;
    this.#agreed.set(by, Math.max(size, this.#agreed.get(by) ?? 0));
  }

  /** Whether it is right. */
  async #checkCheckpoint(claim: RootClaim, root: Uint8Array | null): Promise<boolean> {
    this.#claims++;
    const { size, origin } = claim.checkpoint;
    const place: Place = { log: this.#log, seq: size - 1, file: claim.name, line: null };
    if (origin !== this.#chain.origin) {
      this.#damage("wrong_origin", place, "the checkpoint is of another log");
      return false;
    }
    const verdict = await judgeClaim(claim, this.#chain.declaredKey, this.#options);
    if (!verdict.ok) {
      this.#damage(verdict.why, place, `the checkpoint cannot be believed: ${verdict.message}`);
      return false;
    }
    this.#chain.keys.current.hold("untrusted_key", place, `the checkpoint cannot be believed: ${UNTRUSTED}`);
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
    } else if (isRoot(claim, root)) {
      this.#cover(size, verdict.witnesses);
      return true;
    } else {
      this.#damage(
        "root_mismatch",
        this.#chain.lastPlace ?? place,
        `the first ${counted(size, "record")} are not what the checkpoint \`${claim.name}\` covers`,
      );
    }
    return false;
  }

  async #checkAnchor(claim: RootClaim, root: Uint8Array | null): Promise<void> {
    const { size } = claim.checkpoint;
    const place: Place = { log: this.#log, seq: size - 1, file: claim.name, line: null };
    const verdict = await judgeClaim(claim, this.#chain.declaredKey, this.#options);
    if (!verdict.ok) {
      this.#damage("anchor_bad_signature", place, `the anchor cannot be believed: ${verdict.message}`);
      return;
    }
    this.#chain.keys.current.hold("anchor_untrusted", place, `the anchor cannot be believed: ${UNTRUSTED}`);
    if (root === null) {
      this.#damage(
        "truncated_below_anchor",
        { ...place, seq: this.#chain.expectedSeq },
        `an anchor covers ${counted(size, "record")}, the log has ${this.#chain.size}`,
      );
    } else if (isRoot(claim, root)) {
      this.#chain.keys.current.anchors++;
      this.#anchored = size;
      this.#cover(size, verdict.witnesses);
    } else {
      this.#damage(
        "anchor_mismatch",
        this.#chain.lastPlace ?? place,
        `the first ${counted(size, "record")} are not what the anchor \`${claim.name}\` covers`,
      );
    }
  }

  #cover(size: number, witnesses: number): void {
    const facts = this.#chain.keys.current;
    facts.covered = size;
    if (this.#options.witnessQuorum > 0 && witnesses >= this.#options.witnessQuorum) facts.witnessed = true;
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
    for (; this.#nextBound < this.#options.bound.length; this.#nextBound++) {
      const bound = this.#options.bound.at(this.#nextBound);
      if (bound !== null && bound !== undefined) this.#checkBound(bound, null);
    }

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
