const MAX_TYPE = 128;
/** Longer messages are not kept: cutting first could cut a secret in two, and the sanitizer would miss the half. */
const MAX_MESSAGE = 8_192;

/** Type and message of whatever a tool threw, for the record. Survives errors that were made to hurt. */
export function describeToolError(error: unknown): { readonly type: string; readonly message: string } {
  try {
    if (error instanceof Error) {
      const { name, message } = error;
      return { type: text(name, MAX_TYPE, "Error"), message: text(message, MAX_MESSAGE, "") };
    }
    return { type: typeof error, message: text(error, MAX_MESSAGE, "not an Error") };
  } catch {
    return { type: "unknown", message: "an error that cannot be read" };
  }
}

function text(value: unknown, max: number, otherwise: string): string {
  if (typeof value !== "string") return otherwise;
  return value.length > max ? `omitted: ${value.length} characters` : value.toWellFormed();
}
