import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { boundTrail, cleanTrail } from "./clean-trails.ts";
import { tamper, TAMPER_CASES, type TamperedTrail } from "./tamper-cases.ts";
import { SIGNER } from "./trail-format.ts";
import type { TrailImage } from "./trail-image.ts";

/**
 * Writes every case, for a verifier that is not written in JavaScript: `<dir>/<number>-<slug>/` with
 * `trail/` (the folder of docs/audit/format.md), `key.vkey`, `anchors/*.note` if any, and
 * `expect.json`: `{ name, needs, anchors, fast, strict }`, each of the last two null (intact) or the
 * first damage `{ kind, seq, log? }`. Cases with anchors must pass without them. The first two are clean.
 *
 * @param directory must not exist, or be empty
 * @returns how many
 */
export async function writeTamperFolders(directory: string): Promise<number> {
  const clean = (trail: TrailImage): TamperedTrail => ({ trail, anchors: [], expected: { fast: null, strict: null } });
  const all: (TamperedTrail & { readonly name: string; readonly needs: readonly string[] })[] = [
    { name: "clean", needs: [], ...clean(cleanTrail()) },
    { name: "clean, with logs of checkpoints", needs: [], ...clean(boundTrail()) },
    ...TAMPER_CASES.map((one) => ({ name: one.name, needs: one.needs ?? [], ...tamper(one) })),
  ];
  for (const [index, { name, needs, trail, anchors, expected }] of all.entries()) {
    const folder = join(directory, `${String(index).padStart(3, "0")}-${slug(name)}`);
    await mkdir(folder, { recursive: true });
    await writeTrailFolder(join(folder, "trail"), trail);
    await writeFile(join(folder, "key.vkey"), `${SIGNER.vkey}\n`);
    const names: string[] = [];
    for (const [number, { note }] of anchors.entries()) {
      await mkdir(join(folder, "anchors"), { recursive: true });
      names.push(`anchors/${number}.note`);
      await writeFile(join(folder, "anchors", `${number}.note`), note);
    }
    const expect = { name, needs, anchors: names, ...expected };
    await writeFile(join(folder, "expect.json"), `${JSON.stringify(expect, null, 2)}\n`);
  }
  return all.length;
}

/** Writes a trail as the folder of docs/audit/format.md. */
export async function writeTrailFolder(directory: string, trail: TrailImage): Promise<void> {
  await mkdir(join(directory, "logs"), { recursive: true });
  for (const { id, segments, notes } of trail.logs) {
    const isBinder = id.startsWith("checkpoints-");
    const log = isBinder
      ? join(directory, "checkpoints", id.slice("checkpoints-".length))
      : join(directory, "logs", id);
    for (const [folder, files] of [
      ["segments", segments.map(({ name, bytes }) => ({ name, bytes }))],
      ["checkpoints", notes.map(({ name, note }) => ({ name, bytes: note }))],
    ] as const) {
      await mkdir(join(log, folder), { recursive: true });
      for (const { name, bytes } of files) await writeFile(join(log, folder, name), bytes);
    }
  }
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
}
