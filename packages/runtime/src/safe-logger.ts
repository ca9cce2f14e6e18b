import type { Logger } from "@proclaw/core";
import type { Sanitizer } from "@proclaw/redact";

/**
 * A logger that cannot break its caller: what it throws is dropped. Without one, nothing is logged.
 * Messages name tools, and the model may call any name, so they are sanitized.
 */
export function safeLogger(logger: Logger | undefined, sanitizer: Sanitizer): Logger {
  const level = (name: keyof Logger) => (message: string) => {
    try {
      logger?.[name](sanitizer.sanitizeText(message));
    } catch {
      // There is no one left to tell.
    }
  };
  return { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
}
