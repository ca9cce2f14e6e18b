import { writeSync } from "node:fs";
import { openFileSigner } from "../file-signer.ts";
import { createFileStore } from "../store/file-store.ts";
import { openTrail } from "../trail.ts";
import { decision, outcome } from "./events.ts";

/*
 * The process that is killed: many callers append without end, and each acknowledgment is told to
 * the parent, `<log> <seq> <leaf>`, before the caller goes on. A pipe keeps what was written to it
 * when the writer is killed.
 */
const [dir = "", keyFile = ""] = process.argv.slice(2);
const trail = await openTrail({
  store: createFileStore(dir, { segmentBytes: 256 * 1024 }),
  signer: await openFileSigner(keyFile),
  checkpointEvery: { records: 50, ms: 20 },
  heartbeatMs: 15,
});
const tell = ({ log, seq, leaf }: { log: string; seq: number; leaf: string }): void => {
  writeSync(1, `${log} ${seq} ${leaf}\n`);
};
await Promise.all(
  Array.from({ length: 16 }, async (_, caller) => {
    for (let i = 0; ; i++) {
      const call = `${process.pid} ${caller} ${i}`;
      tell(await trail.append(decision(call, i % 5 === 0 ? "deny" : "allow", "x".repeat((i * 37) % 2000))));
      if (i % 5 !== 0) tell(await trail.append(outcome(call)));
    }
  }),
);
