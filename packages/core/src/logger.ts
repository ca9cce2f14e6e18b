/** Where ProClaw reports what an operator should see. Structurally a subset of pino and console. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
