import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileSource } from "@proclaw/audit";
import { tamperKit, writeTrailFolder } from "@proclaw/conformance/tamper";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { expect, test } from "vitest";

/** The tamper kit over real folders, as `proclaw audit verify` reads them. */
const kit = tamperKit({
  verify: (source, given) => verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, ...given }),
  place: async (trail) => {
    const folder = await mkdtemp(join(tmpdir(), "proclaw-tamper-"));
    await writeTrailFolder(folder, trail);
    return { source: openFileSource(folder), remove: () => rm(folder, { recursive: true, force: true }) };
  },
  // A file that is not named like a checkpoint is none.
  can: ["segments", "fragments", "note_names"],
});

test.each(kit)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});
