import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { preparePlan } from "./kills/prepare.ts";

/** Loads only into a compiler's child process, a shipping process, or the operator's command. */
const FORBIDDEN =
  /[\\/]node_modules[\\/](?:\.pnpm[\\/][^\\/]+[\\/]node_modules[\\/])?(zod|yaml|pg|@aws-sdk|commander)[\\/]/;

/** Modules that a fresh process has loaded after one guarded call, with `extra` run at the end. */
async function modulesOfAGuardedCall(extra = ""): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "proclaw-hot-"));
  try {
    const plan = await preparePlan(folder);
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { openGuard } = await import("proclaw");
      const guard = await openGuard({
        planFile: ${JSON.stringify(plan.file)},
        planSha256: ${JSON.stringify(plan.sha256)},
        store: ${JSON.stringify(join(folder, "trail"))},
        stateDir: ${JSON.stringify(join(folder, "state"))},
        context: () => ({ agent_id: "a" }),
      });
      const { note } = guard.wrap({ note: async ({ id }) => id });
      if ((await note({ id: "r1-2-3" })) !== "r1-2-3") throw new Error("the call did not run");
      await guard.close();
      ${extra}
      console.log(JSON.stringify(loaded));`;
    const args = ["--conditions", "@proclaw/source", "--no-warnings", "--input-type=module", "--eval", script];
    const said = execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" });
    return JSON.parse(said) as string[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("plan, guard and file store load no YAML parser, no schema library, no SDK, no command", async () => {
  const modules = await modulesOfAGuardedCall();
  for (const name of ["core", "engine", "runtime", "audit", "redact"]) {
    expect(modules.some((url) => url.includes(`/packages/${name}/src/`))).toBe(true);
  }
  expect(modules.filter((url) => FORBIDDEN.test(url))).toEqual([]);
});

test("the check sees a forbidden module that is loaded", async () => {
  const modules = await modulesOfAGuardedCall(
    'await import("@proclaw/engine/yaml"); await import("@proclaw/engine/schema");',
  );
  const found = modules.filter((url) => FORBIDDEN.test(url)).join("\n");
  expect(found).toContain("/zod/");
  expect(found).toContain("/yaml/");
});
