export { findDataClasses } from "./data-classes.ts";
export type { DataClassFinding } from "./data-classes.ts";
export { ISSUER_RANGES } from "./issuers.ts";
export type { IssuerRange } from "./issuers.ts";
export { RULES_VERSION } from "./rules-version.ts";
export { createSanitizer } from "./sanitizer.ts";
export type { Sanitized, Sanitizer, SanitizerOptions } from "./sanitizer.ts";
export type { Recognizer, Span } from "./span.ts";
