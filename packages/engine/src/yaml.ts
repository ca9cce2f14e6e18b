export { formatDiagnostics } from "./yaml/format.ts";
export type { FormatOptions } from "./yaml/format.ts";
export { loadPolicyText, parsePolicyText, parseToolsText } from "./yaml/load-policy.ts";
export type { LoadOptions, LoadResult, ParsedTools } from "./yaml/load-policy.ts";
