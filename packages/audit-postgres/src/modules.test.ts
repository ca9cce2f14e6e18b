import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the package `pg` is loaded at the first connection, and not before", () => {
  const script = `
    import { createRequire } from "node:module";
    import { createPostgresStore } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
    const { cache } = createRequire(import.meta.url);
    const loaded = () => Object.keys(cache).some((file) => /[\\\\/]pg[\\\\/]lib[\\\\/]/.test(file));
    const store = createPostgresStore({ url: "postgres://nobody@127.0.0.1:1/none" });
    const before = loaded();
    await store.logs().catch(() => undefined);
    console.log(JSON.stringify([before, loaded()]));
    await store.close();
  `;
  const args = ["--conditions", "@proclaw/source", "--no-warnings", "--input-type=module", "-e", script];
  const out = execFileSync(process.execPath, args, { encoding: "utf8", cwd: join(import.meta.dirname, "..") });
  expect(JSON.parse(out)).toEqual([false, true]);
});
