import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { auditStoreKit } from "@proclaw/conformance";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { die, openBatchStore } from "./batch-store.mjs";

const cases = auditStoreKit({
  // No `tear`: there is no file that could be cut off in the middle.
  can: ["kill", "fingerprint"],
  verify: (source) => verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify }),
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), "batch-store-"));
    return {
      open: async () => openBatchStore(dir),
      kill: async () => die(),
      fingerprint: async () => {
        const hash = createHash("sha256");
        const entries = await readdir(dir, { recursive: true, withFileTypes: true });
        for (const entry of entries.sort((a, b) =>
          join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
        )) {
          hash.update(join(entry.parentPath, entry.name));
          if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
        }
        return hash.digest("hex");
      },
      dispose: () => rm(dir, { recursive: true }),
    };
  },
});

for (const { name, run } of cases) test(name, run);
