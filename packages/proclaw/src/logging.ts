import { writeSync } from "node:fs";
import type { Logger } from "@proclaw/core";

const STANDARD_ERROR = 2;
/** Control characters but line feed and tab: a name that the model made up must not steer the operator's terminal. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/** What an operator must see, on standard error: failures, and a policy that is not enforced. */
export const stderrLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: print,
  error: print,
};

function print(message: string): void {
  try {
    // Neither `process.stderr` nor `console`: where nobody reads standard error any more, both end the process (EPIPE).
    writeSync(STANDARD_ERROR, `proclaw: ${message.replace(CONTROL, "?")}\n`);
  } catch {
    // There is no one left to tell.
  }
}

/** A logger that cannot break its caller, whatever a host passed as one. */
export function firmLogger(logger: Logger = stderrLogger): Logger {
  const level = (name: keyof Logger) => (message: string) => {
    try {
      logger[name](message);
    } catch {
      // There is no one left to tell.
    }
  };
  return { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
}
