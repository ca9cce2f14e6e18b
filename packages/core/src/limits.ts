/** Nesting of arrays and objects that any value may have. */
export const MAX_JSON_DEPTH = 64;
/** UTF-8 bytes of a whole call (tool name and canonical arguments). */
export const MAX_CALL_BYTES = 1_048_576;
/** UTF-8 bytes of a string that is tested by a pattern. */
export const MAX_PATTERN_INPUT_BYTES = 65_536;
/** Bytes of a sealed record: the limit of a C2SP tlog-tiles entry bundle. */
export const MAX_RECORD_BYTES = 65_535;
