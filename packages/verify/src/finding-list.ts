import type { Damage, DamageKind, Finding, NoticeKind, Place } from "./finding.ts";

/** Findings of one severity that are kept; all are counted. A hostile trail can make one per record. */
export const MAX_FINDINGS = 256;

/** Collects findings in bounded memory and knows the first damage. */
export class FindingList {
  readonly #kept: { readonly finding: Finding; readonly order: number }[] = [];
  readonly #byKind: Partial<Record<DamageKind | NoticeKind, number>> = {};
  #order = 0;
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
    if (this.#damages <= MAX_FINDINGS) this.#keep(finding);
  }

  notice(kind: NoticeKind, place: Place, message: string): void {
    this.#notices++;
    this.#count(kind);
    if (this.#notices <= MAX_FINDINGS)
      this.#keep({ severity: "notice", kind, ...printable(place), message: printableText(message) });
  }

  #count(kind: DamageKind | NoticeKind): void {
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
  }

  #keep(finding: Finding): void {
    this.#kept.push({ finding, order: this.#order++ });
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
