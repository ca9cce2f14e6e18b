import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPluginConfig } from "./plugin-config.ts";

const docs = readFileSync(join(import.meta.dirname, "../../../docs/openclaw.md"), "utf8");

test("the settings in docs/openclaw.md are those of the plugin, all of them", () => {
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(docs) ?? [];
  const example = JSON.parse(json) as { plugins: { entries: { proclaw: { config: Record<string, unknown> } } } };
  expect(readPluginConfig(example.plugins.entries.proclaw.config).policyFile).toBe("/etc/proclaw/policy.yaml");

  const table = docs.slice(docs.indexOf("| setting | meaning |"), docs.indexOf("Does it work?"));
  const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  expect(documented).toEqual(Object.keys(readPluginConfig({ policyFile: "/p" })));
});
