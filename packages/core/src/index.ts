export type { ApprovalGrant, ApprovalRequest, ApprovalStore } from "./approval-store.ts";
export type {
  AuditSource,
  AuditStore,
  ExpectedHead,
  LogHead,
  RecordStore,
  SealedRecord,
  StoredCheckpoint,
  StoredObject,
  StoredSegment,
  StoreEvidence,
  StoreLease,
  StoreProbe,
  StoreReceipt,
} from "./audit-store.ts";
export type { AppendReceipt, AuditTrail, TrailState } from "./audit-trail.ts";
export type { BlobStore } from "./blob-store.ts";
export { canonicalJson } from "./canonical-json.ts";
export type { Clock } from "./clock.ts";
export type { DecisionRequest, PolicyDecisionPoint, PolicyIdentity } from "./decision-point.ts";
export { REASON_CODES } from "./decision.ts";
export type {
  ApprovalObligation,
  Decision,
  Effect,
  Obligation,
  OutputObligation,
  PolicyMode,
  RateLimitObligation,
  ReasonCode,
  SandboxObligation,
  TimeLimitObligation,
} from "./decision.ts";
export { ERROR_CODES, ProclawError } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export type { HostCapabilities, ToolCatalogue, ToolFacts } from "./host.ts";
export type { JsonArray, JsonObject, JsonPrimitive, JsonValue } from "./json.ts";
export { MAX_CALL_BYTES, MAX_JSON_DEPTH, MAX_PATTERN_INPUT_BYTES, MAX_RECORD_BYTES } from "./limits.ts";
export type { Logger } from "./logger.ts";
export { clonePlainJson, clonePlainObject } from "./plain-json.ts";
export type { RateLimitAnswer, RateLimiter, RateLimitRequest } from "./rate-limiter.ts";
export { eventFields, EXECUTION_STATUSES, RECORD_KINDS, RECORD_VERSION } from "./record.ts";
export type {
  AuditRecord,
  EventFields,
  ExecutionStatus,
  HashChain,
  Payload,
  PolicyDecisionRecord,
  RecordKind,
  Redaction,
  SanitizedEvent,
} from "./record.ts";
export type { Sandbox, SandboxedTool, SandboxOutcome, SandboxRun } from "./sandbox.ts";
export type { Signer } from "./signer.ts";
export { assertContract, SPEC_VERSION } from "./spec-version.ts";
export type { SpecVersion } from "./spec-version.ts";
export type { CallContext, FactRequirements, Facts, Principal, ToolCall } from "./tool-call.ts";
