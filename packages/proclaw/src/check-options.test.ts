import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGuard, openGuardOrDenyAll, secureAgent } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proclaw-options-"));
  writeFileSync(join(folder, "policy.yaml"), "rules: [{ name: all, tool: note }]\n");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const good = (): Record<string, unknown> => ({
  policyFile: join(folder, "policy.yaml"),
  stateDir: join(folder, "state"),
  context: () => ({}),
});

test.each([
  [{ returnOuput: "sanitized" }, "unknown option `returnOuput`: did you mean `returnOutput`?"],
  [{ trail: "./trail" }, "unknown option `trail`: known are policyFile"],
  [{ Store: "x" }, "did you mean `store`?"],
  [{ store: 7 }, "`store` is neither a folder"],
  [{ stateDir: 7 }, "`stateDir` is not the path of a folder"],
  [{ context: undefined }, "`context` is not a function"],
  [{ policyFile: undefined, planFile: "p.json" }, "`planFile` without `planSha256`"],
])("%j is refused before anything is opened", async (bad, message) => {
  await expect(openGuard({ ...good(), ...bad } as never)).rejects.toMatchObject({
    code: "invalid_option",
    message: expect.stringContaining(message) as unknown,
  });
  expect(readdirSync(folder)).toEqual(["policy.yaml"]);
});

test.each([[undefined], [null], [7]])("%j instead of options is refused", async (options) => {
  await expect(openGuard(options as never)).rejects.toMatchObject({ code: "invalid_option" });
  expect(() => secureAgent(options as never)).toThrow(expect.objectContaining({ code: "invalid_option" }));
});

test("a host that must come up gets a guard that denies, whatever the options are", async () => {
  let ran = false;
  for (const options of [undefined, { ...good(), returnOuput: "sanitized" }]) {
    const guard = await openGuardOrDenyAll({ stateDir: join(folder, "state"), ...options } as never);
    const { note } = guard.wrap({ note: async () => (ran = true) });
    await expect(note()).rejects.toMatchObject({ code: "denied" });
    await guard.close();
  }
  expect(ran).toBe(false);
});

test("a class without `invokeTool` is refused when it is decorated, not when it is called", () => {
  expect(() =>
    secureAgent(good() as never)(
      class {
        readonly idle = true;
      } as never,
    ),
  ).toThrow(
    expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("invokeTool") as unknown }),
  );
});
