export { compileGlob, escapeGlob } from "./compile-glob.ts";
export type { GlobOptions } from "./compile-glob.ts";
export { compileRegex } from "./compile-regex.ts";
export type { RegexOptions } from "./compile-regex.ts";
export { loadPattern, runPattern } from "./run.ts";
export type { AutomatonTable, LoadedPattern, PatternTable, RepeatTable, TextTable } from "./run.ts";
