import { decisionEvent, outcomeEvent } from "@proclaw/conformance/tamper";
import type { SanitizedEvent } from "@proclaw/core";
import { createSanitizer } from "@proclaw/redact";

const sanitizer = createSanitizer();
const ARGUMENTS = { patient: "0123456789", note: "seen at noon ".repeat(8) };

const DENIED = sanitizer.sanitizeEvent(decisionEvent("call", "deny", ARGUMENTS));
const ALLOWED = sanitizer.sanitizeEvent(decisionEvent("call", "allow", ARGUMENTS));
const SUCCEEDED = sanitizer.sanitizeEvent(outcomeEvent("call"));

/*
 * Sanitized once: the sanitizer's time is part of the guard's figures. Each record is of a call of
 * its own, or the verifier would find it wrong.
 */

/** A decision that nothing follows. Records of about 1.2 KB. */
export const denied = (call_id: string): SanitizedEvent => ({ ...DENIED, call_id });
/** A decision that an outcome follows. */
export const allowed = (call_id: string): SanitizedEvent => ({ ...ALLOWED, call_id });
export const succeeded = (call_id: string): SanitizedEvent => ({ ...SUCCEEDED, call_id });
