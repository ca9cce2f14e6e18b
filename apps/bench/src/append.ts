import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileStore, openFileSigner, openTrail } from "@proclaw/audit";
import { eventFields, type SanitizedEvent } from "@proclaw/core";
import { createSanitizer } from "@proclaw/redact";
import { interleave, table } from "./measure.ts";

const EVENT: SanitizedEvent = createSanitizer().sanitizeEvent(
  eventFields({
    kind: "decision",
    call_id: "bench",
    agent_id: "bench",
    tool_name: "note",
    input_payload: { mode: "inline", value: { text: "x".repeat(150) }, redactions: [], redaction_count: 0 },
    execution_status: "pending",
  }),
);

/** A durable record against a bare write + fdatasync of as many bytes; and many callers against one. */
export async function benchAppend(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "proclaw-bench-"));
  try {
    const signer = await openFileSigner(join(folder, "key"), { name: "bench" });
    const trail = await openTrail({ store: createFileStore(join(folder, "trail")), signer });
    const bare = await open(join(folder, "bare"), "a");
    const line = Buffer.alloc(1024, "x");
    const measured = await interleave(
      [
        {
          name: "bare write + fdatasync of 1 KB",
          run: async (n) => {
            for (let i = 0; i < n; i++) {
              await bare.write(line);
              await bare.datasync();
            }
          },
        },
        {
          name: "`trail.append`, one caller",
          run: async (n) => {
            for (let i = 0; i < n; i++) await trail.append(EVENT);
          },
        },
        {
          name: "decision + outcome, each durable",
          run: async (n) => {
            for (let i = 0; i < n; i++) {
              await trail.append(EVENT);
              await trail.append(EVENT);
            }
          },
        },
        {
          name: "`trail.append`, 64 callers",
          run: async (n) => {
            await Promise.all(
              Array.from({ length: 64 }, async () => {
                for (let i = 0; i < n / 64; i++) await trail.append(EVENT);
              }),
            );
          },
        },
      ],
      256,
      15,
    );
    await trail.close();
    await bare.close();
    return table(measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
