import type { Damage, DamageKind, Finding, NoticeKind, Place } from "./finding.ts";

/** Findings of one severity that are kept; all are counted. A hostile trail can make one per record. */
export const MAX_FINDINGS = 256;

/** What a {@link FindingList} holds. Plain JSON. */
export interface FindingData {
  /** In the order in which they were found. */
  readonly kept: readonly Finding[];
  readonly counts: { readonly damage: number; readonly notice: number };
  readonly byKind: Readonly<Partial<Record<DamageKind | NoticeKind, number>>>;
  readonly firstDamage: Damage | null;
  readonly tampered: boolean;
}

/** Collects findings in bounded memory and knows the first damage. */
export class FindingList {
  readonly #kept: { readonly finding: Finding; readonly order: number }[] = [];
  readonly #byKind: Partial<Record<DamageKind | NoticeKind, number>> = {};
  #order = 0;
  #keptDamages = 0;
  #keptNotices = 0;
  #notices = 0;
  #damages = 0;
  #firstDamage: Damage | null = null;
  /** Damage other than a source that could not be read: somebody or something changed the trail. */
  #tampered = false;

  damage(kind: DamageKind, place: Place, message: string): void {
    const finding: Damage = { severity: "damage", kind, ...printable(place), message: printableText(message) };
    this.#damages++;
    this.#count(kind);
    if (kind !== "source_failed") this.#tampered = true;
    if (this.#firstDamage === null || compareFindings(finding, this.#firstDamage) < 0) this.#firstDamage = finding;
    this.#keep(finding);
  }

  notice(kind: NoticeKind, place: Place, message: string): void {
    this.#notices++;
    this.#count(kind);
    this.#keep({ severity: "notice", kind, ...printable(place), message: printableText(message) });
  }

  /** Damage of a kind that is listed already, so often that only its number is told. */
  moreDamage(kind: DamageKind, times: number): void {
    if (times === 0) return;
    this.#damages += times;
    this.#tampered = true;
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + times;
  }

  #count(kind: DamageKind | NoticeKind): void {
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
  }

  #keep(finding: Finding): void {
    const isDamage = finding.severity === "damage";
    if ((isDamage ? this.#keptDamages : this.#keptNotices) >= MAX_FINDINGS) return;
    if (isDamage) this.#keptDamages++;
    else this.#keptNotices++;
    this.#kept.push({ finding, order: this.#order++ });
  }

  /** Takes over what another list holds, as if it had been found here and now. */
  absorb(other: FindingData): void {
    this.#damages += other.counts.damage;
    this.#notices += other.counts.notice;
    this.#tampered ||= other.tampered;
    for (const [kind, times] of Object.entries(other.byKind) as [DamageKind, number][]) {
      this.#byKind[kind] = (this.#byKind[kind] ?? 0) + times;
    }
    const { firstDamage } = other;
    if (firstDamage !== null && (this.#firstDamage === null || compareFindings(firstDamage, this.#firstDamage) < 0)) {
      this.#firstDamage = firstDamage;
    }
    for (const finding of other.kept) this.#keep(finding);
  }

  /** What the list holds, as plain data: it may come from another thread. */
  data(): FindingData {
    return {
      kept: this.#kept.map(({ finding }) => finding),
      counts: this.counts,
      byKind: this.kindCounts,
      firstDamage: this.#firstDamage,
      tampered: this.#tampered,
    };
  }

  get tampered(): boolean {
    return this.#tampered;
  }

  /** The damage that stands first by log, then by record; of several there, the one found first. */
  get firstDamage(): Damage | null {
    return this.#firstDamage;
  }

  get counts(): { readonly damage: number; readonly notice: number } {
    return { damage: this.#damages, notice: this.#notices };
  }

  get kindCounts(): Readonly<Partial<Record<DamageKind | NoticeKind, number>>> {
    return { ...this.#byKind };
  }

  /** What was kept, sorted by log and record. */
  sorted(): Finding[] {
    return this.#kept
      .toSorted((a, b) => compareFindings(a.finding, b.finding) || a.order - b.order)
      .map(({ finding }) => finding);
  }
}

/** Names come from the store, so from whoever attacks it: no terminal escapes from there, and no endless text. */
function printable(place: Place): Place {
  return {
    log: place.log === null ? null : printableText(place.log),
    seq: place.seq,
    file: place.file === null ? null : printableText(place.file),
    line: place.line,
  };
}

function printableText(text: string): string {
  return text
    .slice(0, 1_024)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}

/**
 * By place; and at one record, what is wrong with the record itself before the roots that do not
 * fit because of it (a link is judged one record later than a root).
 */
function compareFindings(a: Finding, b: Finding): number {
  return comparePlaces(a, b) || Number(isOfRoot(a)) - Number(isOfRoot(b));
}

const isOfRoot = ({ kind }: Finding): boolean => kind === "root_mismatch" || kind === "anchor_mismatch";

function comparePlaces(a: Place, b: Place): number {
  if (a.log !== b.log) {
    if (a.log === null) return 1;
    if (b.log === null) return -1;
    return a.log < b.log ? -1 : 1;
  }
  const left = a.seq ?? Number.POSITIVE_INFINITY;
  const right = b.seq ?? Number.POSITIVE_INFINITY;
  return left === right ? 0 : left < right ? -1 : 1;
}
