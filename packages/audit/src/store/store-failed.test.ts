import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decision } from "../fixtures/events.ts";
import { FaultyFileSystem } from "../fixtures/faulty-file-system.ts";
import type { Fault } from "../fixtures/faulty-file-system.ts";
import { memorySigner } from "../fixtures/memory-signer.ts";
import { scratchFolder } from "../fixtures/scratch.ts";
import { openTrail } from "../trail.ts";
import { createFileStore } from "./file-store.ts";

describe("errors of the store", () => {
  it.each<[Fault, string]>([
    [{ shortWrite: 89 }, "short write: 89 of "],
    [{ code: "ENOSPC" }, "ENOSPC"],
  ])("of a full disk (%j) name the folder and the remedy, on closing too", async (fault, why) => {
    const dir = await scratchFolder();
    const disk = new FaultyFileSystem();
    const store = createFileStore(dir, { fileSystem: disk });
    const trail = await openTrail({ store, signer: memorySigner(), heartbeatMs: 0 });
    const { log } = await trail.append(decision("a"));
    disk.fault = (operation, path) => (operation === "write" && path.endsWith(".jsonl") ? fault : null);
    const failure = await trail.close().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "store_failed" });
    const { message } = failure as Error;
    expect(message).toContain(`\`${join(dir, "logs", log)}\``);
    expect(message).toContain(why);
    expect(message).toContain("make room there");
  });

  it("say that a folder cannot be made, not that a lease cannot be taken", async () => {
    // Nobody can make a folder below a file, root included.
    const dir = join(import.meta.filename, "trail");
    await expect(createFileStore(dir).lease("01890000-0000-7000-8000-000000000001")).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringMatching(
        /^the folder `.*store-failed\.test\.ts\/trail\/logs\/.*` cannot be made: ENOTDIR$/,
      ),
    });
  });
});
