import type { Logger } from "@proclaw/core";

/** A logger that cannot break its caller: what it throws is dropped. Without one, nothing is logged. */
export function safeLogger(logger: Logger | undefined): Logger {
  const level = (name: keyof Logger) => (message: string) => {
    try {
      logger?.[name](message);
    } catch {
      // There is no one left to tell.
    }
  };
  return { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
}
