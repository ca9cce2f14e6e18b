import { join } from "node:path";
import type { StoreReceipt } from "@proclaw/core";
import { hasCode, makeDirectoryDurably, nodeFileSystem, readAll } from "../store/file-system-port.ts";
import type { PortFile } from "../store/file-system-port.ts";
import { attempt } from "../store/store-failed.ts";

/** How much of a log the remote store holds, by its receipts. */
export interface Shipped {
  /** Records. */
  readonly size: number;
  /** Size of the newest checkpoint. */
  readonly checkpoint: number;
}

/**
 * What the remote store acknowledged, a line each, in one file a log: kept so that a restart needs
 * not ask for what is long done, and so that pruning can tell what may go.
 *
 * They are a memory, not a proof: before anything is shipped, the remote store is asked.
 */
export class Receipts {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async shipped(log: string): Promise<Shipped> {
    const path = this.#path(log);
    const bytes = await attempt(`cannot read \`${path}\``, () => endOf(path));
    let size = 0;
    let checkpoint = 0;
    for (const line of bytes.toString("utf8").split("\n")) {
      const receipt = parse(line);
      size = Math.max(size, receipt?.size ?? 0);
      checkpoint = Math.max(checkpoint, receipt?.checkpoint ?? 0);
    }
    return { size, checkpoint };
  }

  async segment(log: string, firstSeq: number, receipt: StoreReceipt): Promise<void> {
    const { size, head, durability, object } = receipt;
    await this.#add(log, {
      at: new Date().toISOString(),
      first_seq: firstSeq,
      size,
      head,
      durability,
      object:
        object === undefined
          ? null
          : {
              name: object.name,
              version: object.version,
              sha256: object.sha256,
              retained_until: object.retainedUntil,
            },
    });
  }

  async checkpoint(log: string, size: number): Promise<void> {
    await this.#add(log, { at: new Date().toISOString(), checkpoint: size });
  }

  async #add(log: string, receipt: object): Promise<void> {
    const path = this.#path(log);
    await attempt(`cannot write \`${path}\``, async () => {
      await makeDirectoryDurably(nodeFileSystem, this.#directory);
      const file = await this.#open(path);
      try {
        // A line of its own, also after one that a crash cut off.
        const { size } = file.stat();
        const torn = size > 0 && (await readAll(nodeFileSystem, path, size - 1))[0] !== 0x0a;
        const bytes = Buffer.from(`${torn ? "\n" : ""}${JSON.stringify(receipt)}\n`);
        if ((await file.write(bytes, null)) !== bytes.length) throw new Error("short write");
        await file.datasync();
      } finally {
        await file.close();
      }
    });
  }

  async #open(path: string): Promise<PortFile> {
    try {
      return await nodeFileSystem.open(path, "append");
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      return await nodeFileSystem.open(path, "create");
    }
  }

  #path(log: string): string {
    return join(this.#directory, `${log}.receipts.jsonl`);
  }
}

/** Sizes only rise, so the end of the file says all; a first line that is cut is no receipt. */
async function endOf(path: string): Promise<Buffer> {
  let file: PortFile;
  try {
    file = await nodeFileSystem.open(path, "read");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return Buffer.alloc(0);
    throw error;
  }
  const { size } = file.stat();
  await file.close();
  return await readAll(nodeFileSystem, path, Math.max(0, size - END_BYTES));
}

/** Room for some hundred receipts: a segment's and a checkpoint's alternate. */
const END_BYTES = 128 * 1024;

function parse(line: string): { readonly size?: number; readonly checkpoint?: number } | null {
  try {
    const value = JSON.parse(line) as { readonly size?: unknown; readonly checkpoint?: unknown } | null;
    return {
      ...(Number.isSafeInteger(value?.size) ? { size: value?.size as number } : {}),
      ...(Number.isSafeInteger(value?.checkpoint) ? { checkpoint: value?.checkpoint as number } : {}),
    };
  } catch {
    // Torn, or the end of the file.
    return null;
  }
}
