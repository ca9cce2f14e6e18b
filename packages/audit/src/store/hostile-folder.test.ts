import { execFileSync } from "node:child_process";
import { mkdir, open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_NOTE_BYTES } from "@proclaw/verify";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../fixtures/scratch.ts";
import { openFileSource } from "./file-source.ts";

const LOG = "01890a5d-ac96-7001-8000-000000000001";

async function hostileFolder(): Promise<{ dir: string; segments: string; notes: string }> {
  const dir = await scratchFolder();
  const segments = join(dir, "logs", LOG, "segments");
  const notes = join(dir, "logs", LOG, "checkpoints");
  await mkdir(segments, { recursive: true });
  await mkdir(notes, { recursive: true });
  return { dir, segments, notes };
}

async function readAll(dir: string): Promise<number> {
  let bytes = 0;
  for await (const segment of openFileSource(dir).read(LOG)) {
    for await (const chunk of segment.bytes) bytes += chunk.length;
  }
  return bytes;
}

async function notesOf(dir: string): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { note } of openFileSource(dir).checkpoints(LOG)) sizes.push(note.length);
  return sizes;
}

const unreadable = { code: "unreadable_evidence" };

// Windows has neither pipes nor devices in folders.
describe.runIf(process.platform !== "win32")("a folder made to hold up whoever reads it", () => {
  test("a pipe in the place of a segment or a note is refused at once", async () => {
    const { dir, segments, notes } = await hostileFolder();
    execFileSync("mkfifo", [join(segments, "0000000000000000.jsonl"), join(notes, "0000000000000001.note")]);
    await expect(readAll(dir)).rejects.toMatchObject(unreadable);
    await expect(notesOf(dir)).rejects.toMatchObject(unreadable);
  });

  test("a link to a device that never ends is refused", async () => {
    const { dir, segments } = await hostileFolder();
    await symlink("/dev/zero", join(segments, "0000000000000000.jsonl"));
    await expect(readAll(dir)).rejects.toMatchObject(unreadable);
  });
});

test("of a note that is far too long only its beginning is read", async () => {
  const { dir, notes } = await hostileFolder();
  const file = await open(join(notes, "0000000000000001.note"), "w");
  await file.truncate(300 * 1024 * 1024);
  await file.close();
  const [size] = await notesOf(dir);
  expect(size).toBeGreaterThan(MAX_NOTE_BYTES);
  expect(size).toBeLessThan(2 * MAX_NOTE_BYTES + 1024 * 1024);
});

test("a folder in the place of a segment is refused", async () => {
  const { dir, segments } = await hostileFolder();
  await mkdir(join(segments, "0000000000000000.jsonl"));
  await writeFile(join(segments, "0000000000000001.jsonl"), "");
  await expect(readAll(dir)).rejects.toMatchObject(unreadable);
});
