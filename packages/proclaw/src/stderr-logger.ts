import type { Logger } from "@proclaw/core";

/** What an operator must see, on standard error: failures, and a policy that is not enforced. */
export const stderrLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => void process.stderr.write(`proclaw: ${message}\n`),
  error: (message) => void process.stderr.write(`proclaw: ${message}\n`),
};
