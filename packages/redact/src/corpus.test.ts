import { describe, expect, test } from "vitest";
import { cardCases, cleanCases, drawer, fill, readCase, secretCases } from "./fixtures/corpus.ts";
import { createSanitizer, findDataClasses, RULES_VERSION } from "./index.ts";
import { SECRET_RULES } from "./secret-rules.ts";

const sanitizer = createSanitizer();

describe("secrets", () => {
  test.each(secretCases)("%s: %s", (rule, template) => {
    for (let seed = 0; seed < 20; seed++) {
      const { text, expected, planted } = readCase(fill(template, drawer(seed)), "secret");
      expect(sanitizer.sanitizeText(text)).toBe(expected);
      expect(findDataClasses({ a: [text] })).toEqual(
        planted.map(() => ({ data_class: "secret", rule: `${rule}@${RULES_VERSION}`, at: "/a/0" })),
      );
    }
  });

  test("every rule has a case", () => {
    expect([...new Set(secretCases.map(([rule]) => rule))].sort()).toEqual(SECRET_RULES.map((rule) => rule.id).sort());
  });
});

describe("cards", () => {
  test.each(cardCases)("%s", (marked) => {
    const { text, expected, planted } = readCase(marked, "payment_card");
    expect(sanitizer.sanitizeText(text)).toBe(expected);
    expect(findDataClasses(text).map((finding) => finding.data_class)).toEqual(planted.map(() => "payment_card"));
  });

  test.each([4111111111111111, -4111111111111111, 4222222222222, 378282246310005])("number %d", (number) => {
    expect(sanitizer.sanitize([number]).value).toEqual(["[redacted:payment_card]"]);
  });

  test.each([4111111111111112, 1795353173737, 4222222222222.5, 1e21, 5e-324, 0, 1e18, Number.MAX_SAFE_INTEGER])(
    "number %d is none",
    (number) => {
      expect(sanitizer.sanitize([number]).value).toEqual([number]);
    },
  );

  test("no clock's time stamp of this century is a card, in any unit", () => {
    const draw = drawer(7);
    const stamps: (number | string)[] = [];
    for (let i = 0; i < 20_000; i++) {
      const seconds = 946_684_800 + draw(3_000_000_000);
      const [milli, micro, nano] = [3, 6, 9].map((n) => String(seconds) + String(draw(10 ** n)).padStart(n, "0"));
      // From 2096 on, milliseconds start with 4 and have the 13 digits of old Visa numbers.
      stamps.push(milli as string, Number(milli));
      // From 2033 on, finer units have the leading digits and the length of Mastercard's 2 series.
      if (seconds < 2_000_000_000) stamps.push(micro as string, nano as string, Number(micro));
    }
    expect(stamps.filter((stamp) => findDataClasses(stamp).length > 0)).toEqual([]);
  });
});

test.each(cleanCases)("clean: %s", (text) => {
  expect(sanitizer.sanitizeText(text)).toBe(text);
  expect(sanitizer.sanitize({ [text]: 1, list: [text] })).toEqual({
    value: { [text]: 1, list: [text] },
    redactions: [],
    redactionCount: 0,
  });
});
