import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process-tree.ts";

/** Uses both sides: OpenClaw's own types must fit where the adapter's structural ones are asked for. */
const FIXTURE = `import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import type { OpenClawApi } from "./host-types.ts";

type Definition = { readonly id: string; readonly name: string; register(api: OpenClawApi): void };
declare const plugin: Definition;
declare const api: OpenClawPluginApi;
export const asTheirs: { register: (api: OpenClawPluginApi) => void } = plugin;
plugin.register(api);
`;

/** A host whose hooks mean something else: must not pass, or the check checks nothing. */
const PLANTED = `import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import type { OpenClawApi } from "./host-types.ts";

declare const api: Omit<OpenClawPluginApi, "registerTrustedToolPolicy"> & {
  registerTrustedToolPolicy(policy: { id: string; judge: () => void }): void;
};
export const planted: OpenClawApi = api;
`;

export interface TypeCheck {
  readonly ok: boolean;
  readonly output: string;
}

/** Compiles the adapter's picture of OpenClaw against the declarations of the installed package. */
export async function checkTypes(root: string, install: string, folder: string): Promise<TypeCheck> {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "packages", "adapter-openclaw", "src", "host-types.ts"), join(folder, "host-types.ts"));
  const fits = await compile(root, install, folder, "fits.ts", FIXTURE);
  if (!fits.ok) return fits;
  const planted = await compile(root, install, folder, "planted.ts", PLANTED);
  return planted.ok ? { ok: false, output: "a planted difference was not found" } : { ok: true, output: "" };
}

async function compile(root: string, install: string, folder: string, name: string, text: string): Promise<TypeCheck> {
  writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      // OpenClaw's declarations are its own affair; only the fixture is checked.
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(root, "node_modules", "@types")],
      paths: { "openclaw/*": [join(install, "node_modules", "openclaw", "dist", "*.d.ts")] },
    },
    files: [name],
  };
  const file = `tsconfig.${name}.json`;
  writeFileSync(join(folder, file), JSON.stringify(config, null, 2));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const result = await run(process.execPath, [tsc, "-p", file], { cwd: folder, timeoutMs: 180_000 });
  return { ok: result.code === 0, output: (result.stdout + result.stderr).trim() };
}
