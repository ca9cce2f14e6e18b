import { ProclawError } from "@proclaw/core";
import type { EventFields, JsonValue, Redaction, SanitizedEvent } from "@proclaw/core";
import { BUILT_IN } from "./data-classes.ts";
import { MAX_REDACTIONS, sanitizeEventFields } from "./event.ts";
import { redactText } from "./redact-text.ts";
import type { Recognizer } from "./span.ts";
import { redactValue } from "./walk.ts";

export interface SanitizerOptions {
  /** Recognizers of further data classes; they see what the built-in ones left. */
  readonly recognizers?: readonly Recognizer[];
}

export interface Sanitized {
  readonly value: JsonValue;
  /** The first 32. */
  readonly redactions: Redaction[];
  /** All of them. */
  readonly redactionCount: number;
}

/** Takes out what must not reach the trail. Linear in the size of its input; none of it throws on JSON. */
export interface Sanitizer {
  /** Strings, numbers and member names, at any depth; what is clean is handed back, not copied. */
  sanitize(value: JsonValue): Sanitized;
  sanitizeText(text: string): string;
  /**
   * An event fit for the trail: every free string sanitized; hashes, enums and the policy's own ids
   * are left alone.
   *
   * INVARIANT (one brand): this is the only place that makes a {@link SanitizedEvent}.
   */
  sanitizeEvent(event: EventFields): SanitizedEvent;
}

const DATA_CLASS = /^[a-z][a-z0-9_]{0,39}$/;

/** Throws `invalid_option` if a recognizer has no proper data class. */
export function createSanitizer(options: SanitizerOptions = {}): Sanitizer {
  const recognizers = [...BUILT_IN, ...(options.recognizers ?? [])];
  for (const recognizer of recognizers) {
    if (!DATA_CLASS.test(recognizer.data_class) || typeof recognizer.find !== "function") {
      throw new ProclawError(
        "invalid_option",
        `recognizers: \`${recognizer.data_class}\` is no data class in snake case, or has no \`find\``,
      );
    }
  }

  function sanitize(value: JsonValue): Sanitized {
    const redactions: Redaction[] = [];
    let redactionCount = 0;
    const clean = redactValue(value, recognizers, (data_class, rule, pointer) => {
      if (++redactionCount <= MAX_REDACTIONS) redactions.push({ data_class, rule, at: pointer() });
    });
    return { value: clean, redactions, redactionCount };
  }

  const sanitizeText = (text: string): string => redactText(text, recognizers, () => {});

  return {
    sanitize,
    sanitizeText,
    sanitizeEvent: (event) => sanitizeEventFields(event, { sanitize, sanitizeText }) as SanitizedEvent,
  };
}
