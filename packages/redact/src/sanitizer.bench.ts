import { test } from "vitest";
import { drawer, fill } from "./fixtures/corpus.ts";
import { createSanitizer } from "./index.ts";

/* Goal: 10 KB in at most 1 ms. Run: `vitest bench --run --project 'redact*'` */
const sanitizer = createSanitizer();
const prose = "The patient was seen at 08:30 on 2026-11-22, order 4711, next visit in 12 days. ".repeat(128);
const json = JSON.parse(
  JSON.stringify(
    Array.from({ length: 100 }, (_, i) => ({
      id: i,
      name: "a name",
      note: "nothing to find here",
      at: 1795353173737 + i,
    })),
  ),
) as [];
const dirty = fill(
  "card 4111 1111 1111 1111, key ghp_{b62:36}, password=hunter{dig:4}, and prose around it. ".repeat(112),
  drawer(1),
);

test("10 KB", async ({ bench }) => {
  await bench.compare(
    bench("clean text", () => void sanitizer.sanitizeText(prose)),
    bench("clean JSON", () => void sanitizer.sanitize(json)),
    bench("336 findings", () => void sanitizer.sanitizeText(dirty)),
  );
});
