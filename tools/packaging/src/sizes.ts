import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * What each entry may weigh: bytes of all our own JavaScript that it can load from its package, as
 * it is installed (comments included, nothing minified, dependencies not counted). `limit` leaves
 * some room above what was `measured` when the line was last changed; whoever goes beyond it says
 * why by changing the line.
 */
export const SIZE_LIMITS: Readonly<Record<string, { readonly measured: number; readonly limit: number }>> = {
  "@proclaw/adapter-openclaw": { measured: 42_248, limit: 53_000 },
  "@proclaw/adapter-openclaw/plugin": { measured: 48_780, limit: 61_000 },
  "@proclaw/audit": { measured: 184_054, limit: 230_000 },
  "@proclaw/audit-postgres": { measured: 111_402, limit: 140_000 },
  "@proclaw/audit-s3": { measured: 82_960, limit: 104_000 },
  "@proclaw/cli": { measured: 152_596, limit: 190_000 },
  "@proclaw/cli bin proclaw": { measured: 152_741, limit: 190_000 },
  "@proclaw/conformance": { measured: 162_009, limit: 203_000 },
  "@proclaw/conformance/tamper": { measured: 70_518, limit: 88_000 },
  "@proclaw/core": { measured: 13_986, limit: 18_000 },
  "@proclaw/engine": { measured: 168_820, limit: 211_000 },
  "@proclaw/engine/compile": { measured: 199_782, limit: 250_000 },
  "@proclaw/engine/yaml": { measured: 212_797, limit: 266_000 },
  "@proclaw/engine/schema": { measured: 11_899, limit: 15_000 },
  proclaw: { measured: 26_762, limit: 33_000 },
  "proclaw bin proclaw": { measured: 114, limit: 1_000 },
  "@proclaw/redact": { measured: 42_986, limit: 54_000 },
  "@proclaw/runtime": { measured: 77_484, limit: 97_000 },
  "@proclaw/verify": { measured: 170_467, limit: 213_000 },
  "@proclaw/verify/node": { measured: 176_322, limit: 220_000 },
};

/** Bytes of a built file and of all files of the same package that it imports, also by `import()`. */
export function reachableBytes(file: string, seen: Set<string> = new Set()): number {
  if (seen.has(file)) return 0;
  seen.add(file);
  const code = readFileSync(file, "utf8");
  let bytes = Buffer.byteLength(code);
  for (const [, , specifier = ""] of code.matchAll(/\b(from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)) {
    const target = join(dirname(file), specifier);
    // What looks like an import inside a comment or a text names no file.
    if (existsSync(target)) bytes += reachableBytes(target, seen);
  }
  return bytes;
}

/** What is wrong with the size of an entry; null: nothing. */
export function sizeProblem(entry: string, bytes: number, limits: typeof SIZE_LIMITS = SIZE_LIMITS): string | null {
  const line = Object.hasOwn(limits, entry) ? limits[entry] : undefined;
  if (line === undefined) return `\`${entry}\` has ${bytes} bytes and no line in SIZE_LIMITS`;
  return bytes > line.limit ? `\`${entry}\` has ${bytes} bytes, its limit is ${line.limit}` : null;
}
