import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeOpenClaw, textOf } from "./fixtures/fake-openclaw.ts";
import plugin from "./plugin.ts";
import { readPluginConfig } from "./plugin-config.ts";

const folder = join(import.meta.dirname, "..");
const readJson = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

test("manifest and package agree with the plugin", () => {
  const manifest = readJson("openclaw.plugin.json");
  const published = readJson("package.json");
  expect(manifest.id).toBe(plugin.id);
  expect(manifest.contracts.trustedToolPolicies).toEqual([plugin.id]);
  expect(published.openclaw.extensions).toEqual([published.publishConfig.exports["./plugin"].default]);
  expect(published.files).toContain("openclaw.plugin.json");
  const config = Object.fromEntries(
    Object.entries<{ type: string }>(manifest.configSchema.properties).map(([name, { type }]) => [
      name,
      type === "integer" ? 1 : "/x",
    ]),
  );
  expect(readPluginConfig(config)).toEqual(config);
});

test.each([
  [undefined, "is not an object"],
  [{}, "names no `policyFile`"],
  [{ policyFile: "policy.yaml" }, "needs an absolute path in `policyFile`"],
  [{ policyFile: "/p.yaml", polcy: 1 }, "has an unknown key `polcy`"],
  [{ policyFile: "/p.yaml", deadlineMs: "2s" }, "needs a number of milliseconds in `deadlineMs`"],
])("settings %j: registered, and everything is denied with the reason", async (pluginConfig, reason) => {
  const host = new FakeOpenClaw();
  plugin.register(host.api(pluginConfig === undefined ? { pluginConfig: undefined as never } : { pluginConfig }));
  let ran = false;
  const outcome = await host.call({ tool: "read", params: {}, execute: () => (ran = true) });
  expect(ran).toBe(false);
  expect(textOf(outcome)).toBe(`proclaw: plugins.entries.proclaw.config ${reason}`);
});

test("the state folder follows the environment", () => {
  const policyFile = "/p.yaml";
  expect(readPluginConfig({ policyFile }, { PROCLAW_STATE_DIR: "/s" })).toMatchObject({ trailDir: "/s/trail" });
  expect(readPluginConfig({ policyFile }, { XDG_STATE_HOME: "/x" })).toMatchObject({ stateDir: "/x/proclaw" });
});
