import { join } from "node:path";
import { createFileStore, openFileSigner, openFileSource, openTrail } from "@proclaw/audit";
import type { AuditTrail } from "@proclaw/core";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";

/** Lets `work` append to a trail in the folder, and demands afterwards that it holds what was appended, intact. */
export async function withTrail<T>(
  folder: string,
  work: (trail: AuditTrail, appended: (records: number) => void) => Promise<T>,
): Promise<T> {
  const directory = join(folder, "trail");
  const store = createFileStore(directory);
  const signer = await openFileSigner(join(folder, "key.pem"), { name: "bench" });
  const trail = await openTrail({ store, signer, heartbeatMs: 0 });
  let expected = 0;
  let result: T;
  try {
    result = await work(trail, (records) => (expected += records));
  } finally {
    await trail.close();
    await store.close();
  }
  const report = await verifyTrail(openFileSource(directory), {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
  });
  // Besides what was appended the trail writes log.open and log.close, and clock steps if there were any.
  if (report.verdict !== "intact" || report.records < expected + 2) {
    throw new Error(
      `the trail is ${report.verdict} with ${report.records} records, ${expected} of them appended: ${report.first_bad?.message}`,
    );
  }
  return result;
}
