/**
 * The layer table of ARCHITECTURE.md as data: for every entry point of every public package, what
 * it may reach. `packages` are our own, `libraries` are from npm, `node` says whether Node's
 * built-in modules are allowed (an entry without them runs in a browser).
 */
export interface Layer {
  readonly packages: readonly string[];
  readonly libraries: readonly string[];
  readonly node: boolean;
}

export interface PackageLayers {
  /** By key of `exports` in package.json (`.`, `./yaml`), or `bin`. */
  readonly entries: Readonly<Record<string, Layer>>;
  /** Packages loaded by `import()` of a computed name, and why; anywhere else that is a violation. */
  readonly computedImports?: readonly string[];
}

const layer = (packages: readonly string[], libraries: readonly string[] = [], node = true): Layer => ({
  packages,
  libraries,
  node,
});
const BROWSER = false;

const ENGINE = ["core", "redact"];
const CLI = ["core", "engine", "redact", "runtime", "verify", "audit"];
const PRESET = ["core", "engine", "redact", "runtime", "audit", "cli"];

export const LAYERS: Readonly<Record<string, PackageLayers>> = {
  core: { entries: { ".": layer([], [], BROWSER) } },
  redact: { entries: { ".": layer(["core"]) } },
  engine: {
    entries: {
      ".": layer(ENGINE),
      "./compile": layer(ENGINE, ["@eslint-community/regexpp"]),
      "./yaml": layer(ENGINE, ["@eslint-community/regexpp", "yaml", "zod"]),
      "./schema": layer(ENGINE, ["zod"]),
    },
  },
  runtime: { entries: { ".": layer(["core", "redact"]) } },
  verify: { entries: { ".": layer(["core"], [], BROWSER), "./node": layer(["core"]) } },
  audit: { entries: { ".": layer(["core", "verify"]) } },
  "audit-postgres": { entries: { ".": layer(["core"], ["pg"]) } },
  "audit-s3": { entries: { ".": layer(["core"], ["@aws-sdk/client-s3"]) } },
  conformance: { entries: { ".": layer(["core"]), "./tamper": layer(["core"]) } },
  cli: {
    // The closed table of store URL schemes; each an optional peer.
    computedImports: ["src/peer-store.ts"],
    entries: { ".": layer(CLI, ["commander", "yaml"]), bin: layer(CLI, ["commander", "yaml"]) },
  },
  proclaw: { entries: { ".": layer(PRESET), bin: layer(PRESET) } },
  "adapter-openclaw": {
    entries: { ".": layer(["core", "runtime"]), "./plugin": layer(["core", "runtime", "proclaw"]) },
  },
};
