import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

/** What a project starts once for all its test files: `src/testing/global-setup.ts`, where it has one. */
function globalSetup(folder: string): string[] {
  const file = join(folder, "src/testing/global-setup.ts");
  return existsSync(file) ? [file] : [];
}

/** One vitest project per workspace folder, so that a failure names its package. */
const projects = ["packages", "apps", "tools"].flatMap((group) =>
  readdirSync(join(root, group))
    .filter((name) => existsSync(join(root, group, name, "package.json")))
    .map((name) => ({
      extends: true as const,
      test: {
        name: group === "packages" ? name : `${group}/${name}`,
        root: join(root, group, name),
        include: ["src/**/*.test.ts"],
        benchmark: { include: ["src/**/*.bench.ts"] },
        globalSetup: globalSetup(join(root, group, name)),
      },
    })),
);

export default defineConfig({
  // Tests read the packages' sources, not their builds (both settings are needed: vitest resolves
  // workspace packages through `ssr`).
  resolve: { conditions: ["@proclaw/source"] },
  ssr: { resolve: { conditions: ["@proclaw/source"] } },
  test: {
    projects,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default", join(root, "tools/suites/src/closing-line-reporter.ts")],
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});
