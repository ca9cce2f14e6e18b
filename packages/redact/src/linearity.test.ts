import { expect, test } from "vitest";
import { cardRecognizer } from "./cards.ts";
import { SECRET_RULES } from "./secret-rules.ts";
import { secretRecognizer } from "./secrets.ts";

/** A text that counts the characters read from it. */
class CountingText extends String {
  reads = 0;
  override charCodeAt(index: number): number {
    this.reads++;
    return super.charCodeAt(index);
  }
  override charAt(index: number): string {
    this.reads++;
    return super.charAt(index);
  }
  override startsWith(search: string, position?: number): boolean {
    this.reads += search.length;
    return super.startsWith(search, position);
  }
  override slice(start?: number, end?: number): string {
    const part = super.slice(start, end);
    this.reads += part.length;
    return part;
  }
  override indexOf(search: string, position = 0): number {
    const index = super.indexOf(search, position);
    this.reads += (index < 0 ? this.length : index) - position + search.length;
    return index;
  }
}

function readsOf(text: string): number {
  const counting = new CountingText(text);
  // The scanners see an ordinary string: they read it through the methods counted above.
  secretRecognizer.find(counting as unknown as string);
  cardRecognizer.find(counting as unknown as string);
  return counting.reads;
}

const KEYWORDS = [...new Set(SECRET_RULES.flatMap((rule) => rule.keywords))];
const FILLERS = [
  "",
  "\\",
  "%",
  "%20",
  "\\n",
  "\\u0020",
  "\\\\\\u",
  " ",
  "a",
  "1",
  "-",
  "_",
  ".",
  "@",
  ":",
  "=",
  '"',
  "a1",
  "=a",
  ":a@",
  " a",
  "aaaaaaaaaa",
  "----",
  "4 1",
  "=abcdefg",
];
/** Reads per character: each place may be looked at by the few rules of one keyword, each up to its window. */
const MOST_READS_PER_CHARACTER = 120;

test.each(KEYWORDS)("reads grow linearly on repetitions of `%s`", (keyword) => {
  for (const filler of FILLERS) {
    const unit = keyword + filler;
    const small = unit.repeat(Math.ceil(1_000 / unit.length));
    const large = unit.repeat(Math.ceil(4_000 / unit.length));
    expect(readsOf(large)).toBeLessThanOrEqual(4.5 * readsOf(small));
    expect(readsOf(large)).toBeLessThan(MOST_READS_PER_CHARACTER * large.length);
    // One keyword, then a long tail that never ends the match.
    const tail = keyword + filler.repeat(300) + keyword;
    expect(readsOf(tail)).toBeLessThan(MOST_READS_PER_CHARACTER * tail.length);
  }
});

test.each(["4", "4 ", "4-", "41", "4111 ", "4111111111111111", "4111111111111112 ", "1 4111 "])(
  "reads grow linearly on repetitions of `%s`",
  (unit) => {
    const text = unit.repeat(Math.ceil(34_000 / unit.length));
    expect(readsOf(text)).toBeLessThan(MOST_READS_PER_CHARACTER * text.length);
  },
);

test("the count would show a quadratic scanner", () => {
  const quadratic = (text: string): void => {
    for (let i = 0; i < text.length; i++) text.indexOf("never there", i);
  };
  const counting = new CountingText("a".repeat(4_000));
  quadratic(counting as unknown as string);
  expect(counting.reads).toBeGreaterThan(MOST_READS_PER_CHARACTER * counting.length);
});
