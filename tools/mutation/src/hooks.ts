import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ENGINE } from "./targets.ts";

const HERE = pathToFileURL(`${import.meta.dirname}/`).href;
const STAND_INS: Readonly<Record<string, string>> = {
  vitest: new URL("stand-ins/vitest.ts", HERE).href,
  "fast-check": new URL("stand-ins/fast-check.ts", HERE).href,
};
/** Sources that are loaded anew when code that runs while loading is mutated. */
const RELOADED: readonly string[] = [
  pathToFileURL(`${ENGINE}/`).href,
  new URL("suite.ts", HERE).href,
  new URL("../../e2e/src/policy-differential.ts", HERE).href,
];

/**
 * From here on, imports of the engine's sources get the instrumented ones, and tests find our
 * stand-ins for vitest and fast-check. What is imported with `?g=N` imports its own as `?g=N`, so a
 * number gives a fresh copy of the engine and its tests.
 */
export function installHooks(sources: Readonly<Record<string, string>>): void {
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? "";
      const standIn = STAND_INS[specifier];
      if (standIn !== undefined && !parent.startsWith(new URL("stand-ins/", HERE).href)) {
        return { url: standIn, shortCircuit: true };
      }
      const found = next(specifier, context);
      const generation = /\?g=\d+$/.exec(parent)?.[0];
      return generation !== undefined && !found.url.includes("?") && RELOADED.some((url) => found.url.startsWith(url))
        ? { ...found, url: found.url + generation }
        : found;
    },
    load(url, context, next) {
      if (!url.startsWith("file:")) return next(url, context);
      const source = sources[fileURLToPath(url.replace(/\?.*$/, ""))];
      return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}
