import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openFileSource } from "@proclaw/audit";
import type { TrailPlace } from "./place.ts";

/** A folder: the embedded default. */
export function filePlace(folder: string): TrailPlace {
  return {
    name: folder,
    store: folder,
    keys: join(folder, "keys"),
    level: "L1",
    async settle() {},
    async source() {
      return openFileSource(folder);
    },
    async contents() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return await Promise.all(files.map(async (name) => ({ name, bytes: await readFile(name) })));
    },
    async replace(name, bytes) {
      // In place: the file stays the same one.
      const handle = await open(name, "r+");
      try {
        await handle.write(bytes, 0, bytes.length, 0);
      } finally {
        await handle.close();
      }
    },
    async extraChecks() {
      return [];
    },
    async close() {},
  };
}
