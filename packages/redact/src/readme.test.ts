import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RULES_VERSION } from "./index.ts";
import { SECRET_RULES } from "./secret-rules.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

test("the README's table of rules is the table of the code", () => {
  expect(readme).toContain(`## Secrets (rules version ${RULES_VERSION})`);
  const rows = SECRET_RULES.map(
    ({ id, what, keywords }) => `| \`${id}\` | ${what} | ${keywords.map((k) => `\`${k}\``).join(" ")} |`,
  );
  expect(readme).toContain("|---|---|---|\n" + rows.join("\n") + "\n| `member_name` |");
});
