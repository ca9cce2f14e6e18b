/*
 * Writes one log of a trail through the real writer, calls with a decision and an outcome each:
 *
 *     node --conditions @proclaw/source apps/bench/src/write-trail.ts <folder> <key file> <logs> <records a log>
 *
 * Several may write to the same folder at once, each its own logs.
 */
import { createFileStore, openFileSigner, openTrail, writePublicKey } from "@proclaw/audit";
import { allowed, succeeded } from "./trail-events.ts";

/** Calls at once; the trail takes 4 096 waiting records. */
const AT_ONCE = 512;

const [directory = "", keyFile = "", logs = "", records = ""] = process.argv.slice(2);
const signer = await openFileSigner(keyFile, { name: "bench" });
const store = createFileStore(directory);
await writePublicKey(directory, signer);
for (let log = 0; log < Number(logs); log++) {
  const trail = await openTrail({ store, signer, heartbeatMs: 0 });
  // log.open and log.close are records too.
  const calls = Math.max(1, Math.floor((Number(records) - 2) / 2));
  for (let first = 0; first < calls; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, calls - first) }, (_, i) => `call-${first + i}`);
    await Promise.all(ids.map((id) => trail.append(allowed(id))));
    await Promise.all(ids.map((id) => trail.append(succeeded(id))));
  }
  await trail.close();
}
await store.close();
console.log(JSON.stringify({ written: Number(logs) * Number(records) }));
