import type { Recognizer, Span } from "./span.ts";

/** Told of everything taken out. */
export type Report = (dataClass: string, rule: string) => void;

/** What stands where something was taken out. */
export function mark(dataClass: string): string {
  return `[redacted:${dataClass}]`;
}

const MARK = /\[redacted:[a-z][a-z0-9_]{0,39}\]/g;

/**
 * The text with everything the recognizers find replaced by marks.
 *
 * INVARIANT (idempotent): marks that are in the text already are walls. What stands between them is
 * searched alone, so a second pass sees exactly the pieces that the first one left.
 */
export function redactText(text: string, recognizers: readonly Recognizer[], report: Report): string {
  let clean = text.includes("[redacted:") ? splitAtMarks(text) : [text];
  // Even places hold clean text, odd ones marks.
  for (const recognizer of recognizers) {
    const next: string[] = [];
    for (let i = 0; i < clean.length; i++) {
      const piece = clean[i] as string;
      if (i % 2 === 1) next.push(piece);
      else cut(piece, recognizer, next, report);
    }
    clean = next;
  }
  return clean.length === 1 ? (clean[0] as string) : clean.join("");
}

function splitAtMarks(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const found of text.matchAll(MARK)) {
    pieces.push(text.slice(from, found.index), found[0]);
    from = found.index + found[0].length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function cut(piece: string, recognizer: Recognizer, into: string[], report: Report): void {
  let from = 0;
  for (const { start, end, rule } of spansOf(piece, recognizer)) {
    into.push(piece.slice(from, start), mark(recognizer.data_class));
    report(recognizer.data_class, rule);
    from = end;
  }
  into.push(from === 0 ? piece : piece.slice(from));
}

/** The recognizer's spans in order and without overlap. A recognizer that fails is taken to have found everything. */
function spansOf(piece: string, recognizer: Recognizer): readonly Span[] {
  if (piece.length === 0) return [];
  let found: readonly Span[];
  try {
    found = recognizer.find(piece);
    if (found.length === 0) return found;
    if (!found.every((span) => isSpanOf(piece, span))) throw new RangeError("span outside the text");
  } catch {
    return [{ start: 0, end: piece.length, rule: `${recognizer.data_class}:failed` }];
  }
  const spans: Span[] = [];
  for (const span of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = spans.at(-1);
    if (last === undefined || span.start >= last.end) spans.push(span);
    else if (span.end > last.end) spans[spans.length - 1] = { ...last, end: span.end };
  }
  return spans;
}

function isSpanOf(piece: string, { start, end, rule }: Span): boolean {
  return (
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    start >= 0 &&
    start < end &&
    end <= piece.length &&
    typeof rule === "string"
  );
}
