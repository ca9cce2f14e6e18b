import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { logsOf, openSource } from "../stores.ts";

/** Prints the stored lines byte for byte. */
export async function auditExport(io: CliIo, store: string): Promise<number> {
  const source = await openSource(io, store);
  await logsOf(source, store);
  const { exportTrail } = await import("@proclaw/audit");
  for await (const chunk of exportTrail(source)) {
    io.signal.throwIfAborted();
    await io.stdout.write(chunk);
  }
  return EXIT.ok;
}
