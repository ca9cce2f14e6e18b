import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";

export interface SchemaOptions {
  readonly tools?: boolean;
}

/** Prints the JSON Schema of a policy or of a `--tools` file, for editors. */
export async function schema(io: CliIo, options: SchemaOptions): Promise<number> {
  const { policyJsonSchema, toolsFileJsonSchema } = await import("@proclaw/engine/schema");
  const shape = options.tools === true ? toolsFileJsonSchema() : policyJsonSchema();
  await io.stdout.write(`${JSON.stringify(shape, null, 2)}\n`);
  return EXIT.ok;
}
