import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StoredCheckpoint } from "@proclaw/core";
import { formatVerifierKey, type Level, type VerifyReport, type VerifyState } from "@proclaw/verify";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { readSmallFile } from "../files.ts";
import { readKeyFiles } from "../key-files.ts";
import { progressLine } from "../progress-line.ts";
import { folderOf, openSource, schemeOf } from "../stores.ts";
import { painter } from "../style.ts";
import { assertStatePlace, readState, saveState } from "../verify-state-file.ts";
import { newestNotes } from "../newest-notes.ts";
import { isBelow, reportJson, reportText, uncoveredLogs } from "../verify-report.ts";

export interface AuditVerifyOptions {
  readonly anchor?: readonly string[];
  readonly key?: readonly string[];
  readonly require?: Level;
  readonly strict?: boolean;
  readonly workers?: string;
  readonly resume?: string;
  readonly saveState?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const MAX_WORKERS = 64;

/** Verifies a trail and says what that proves. */
export async function auditVerify(io: CliIo, named: string | undefined, options: AuditVerifyOptions): Promise<number> {
  const { store, keyFiles, anchorFiles } = await sortWords(io, named, options);
  const keys = (await readKeyFiles(io, keyFiles)).map(formatVerifierKey);
  const anchors: StoredCheckpoint[] = [];
  for (const file of anchorFiles) anchors.push(await readAnchor(io, file));
  const source = await openSource(io, store);
  const { verifyTrail } = await import("@proclaw/verify");
  const { nodeEd25519Verify, nodeHasher, verifyTrailParallel } = await import("@proclaw/verify/node");
  const folder = folderOf(io, store);
  const workers = workersOf(options.workers, folder);
  const resume = options.resume === undefined ? null : await readState(io, options.resume);
  if (options.saveState !== undefined && keys.length === 0) {
    throw new CliError("invalid_option", "--save-state needs --key", {
      hint: "a state rests on checkpoints that a given key signed",
    });
  }
  if (options.saveState !== undefined) {
    const inputs = [...keyFiles, ...anchorFiles];
    await assertStatePlace(io, options.saveState, { folder, inputs, force: options.force === true });
  }
  let state: VerifyState | null = null;
  const progress = progressLine(io, io.stderr.isTTY && folder !== null ? await recordBytes(folder) : null);
  let report: VerifyReport;
  try {
    const parts = {
      keys,
      anchors,
      strict: options.strict === true,
      signal: io.signal,
      onProgress: progress.show,
      ...(resume === null ? {} : { resume }),
      ...(options.saveState === undefined ? {} : { onState: (given: VerifyState) => void (state = given) }),
    };
    report =
      workers > 1 && folder !== null
        ? await verifyTrailParallel(source, { ...parts, worker: workerModule(), argument: folder, workers })
        : await verifyTrail(source, { ...parts, hasher: nodeHasher, ed25519Verify: nodeEd25519Verify });
  } finally {
    await progress.clear();
  }
  if (options.json === true) {
    const uncovered = keys.length > 0 && report.verdict === "intact" ? uncoveredLogs(report).length : 0;
    if (uncovered > 0) {
      const paint = painter(io.stderr, io.env);
      await io.stderr.write(
        `${paint("bad", "WARNING")}: nothing that a given key signed covers ${uncovered} of the logs (\`covered\` is 0)\n`,
      );
    }
    await io.stdout.write(`${JSON.stringify(reportJson(report, options.require), null, 2)}\n`);
  } else {
    await io.stdout.write(
      reportText(report, {
        folder: folder === null ? null : store,
        paint: painter(io.stdout, io.env),
        keys: keys.map(labelOf),
        required: options.require ?? null,
        newestNotes: folder === null ? [] : await newestNotes(source, folder, report),
        meantFolder: folder === null || report.logs.length > 0 ? null : await meantFolder(folder),
      }),
    );
  }
  if (options.saveState !== undefined) await saveState(io, options.saveState, state, keys);
  return exitOf(report, options.require);
}

function workersOf(text: string | undefined, folder: string | null): number {
  if (text === undefined) return 1;
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MAX_WORKERS) {
    throw new CliError("invalid_option", `--workers takes a number from 1 to ${MAX_WORKERS}, not \`${text}\``);
  }
  if (folder === null && workers > 1) {
    throw new CliError("invalid_option", "--workers reads a folder only", { hint: "leave --workers out" });
  }
  return workers;
}

/** Sources run unbuilt in this repository; what is published has JavaScript only. */
function workerModule(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "../verify-worker.ts" : "../verify-worker.js", import.meta.url);
}

/**
 * `--key a.vkey ./trail`: the option takes as many files as there are (`./keys/*.vkey`), the trail
 * with them. A trail is a folder or a URL and no key is, so it can be told apart.
 */
async function sortWords(
  io: CliIo,
  named: string | undefined,
  { key = [], anchor = [] }: AuditVerifyOptions,
): Promise<{ readonly store: string; readonly keyFiles: readonly string[]; readonly anchorFiles: readonly string[] }> {
  if (named !== undefined) return { store: named, keyFiles: key, anchorFiles: anchor };
  const isStore = await Promise.all([...key, ...anchor].map((word) => isTrail(io, word)));
  const stores = [...key, ...anchor].filter((_word, index) => isStore[index]);
  const [store] = stores;
  const keyFiles = key.filter((_word, index) => isStore[index] !== true);
  const anchorFiles = anchor.filter((_word, index) => isStore[key.length + index] !== true);
  const isWhole = (key.length === 0 || keyFiles.length > 0) && (anchor.length === 0 || anchorFiles.length > 0);
  if (store === undefined || stores.length > 1 || !isWhole) {
    throw new CliError("invalid_option", "missing required argument `store`", {
      hint: "see `proclaw audit verify --help`",
    });
  }
  return { store, keyFiles, anchorFiles };
}

async function isTrail(io: CliIo, word: string): Promise<boolean> {
  if (schemeOf(word) !== null) return true;
  const path = folderOf(io, word);
  return path !== null && (await isDirectory(path));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** `name+id` of a vkey. */
function labelOf(key: string): string {
  return key.split("+").slice(0, 2).join("+");
}

/** The folder of the trail, if `folder` is a part of one. */
async function meantFolder(folder: string): Promise<string | null> {
  for (let at = dirname(folder), below = folder; at !== below && at !== dirname(at); below = at, at = dirname(at)) {
    if (below === join(at, "logs") && (await isDirectory(below))) return at;
  }
  return null;
}

async function readAnchor(io: CliIo, file: string): Promise<StoredCheckpoint> {
  const note = await readSmallFile(io, file, "anchor", "unreadable_evidence");
  const { parseCheckpoint, parseNote } = await import("@proclaw/verify");
  try {
    parseCheckpoint(parseNote(note).text);
  } catch (error) {
    throw new CliError("unreadable_evidence", `anchor file \`${file}\` is not a checkpoint`, {
      cause: error,
      hint: "an anchor is one signed note, a copy of logs/LOG/checkpoints/*.note of the trail",
    });
  }
  return { name: file, note };
}

/** Bytes of all segments; null if they cannot be counted, which verifying will explain better. */
async function recordBytes(folder: string): Promise<number | null> {
  try {
    let bytes = 0;
    for (const name of await readdir(folder, { recursive: true })) {
      if (name.endsWith(".jsonl")) bytes += (await stat(join(folder, name))).size;
    }
    return bytes;
  } catch {
    return null;
  }
}

function exitOf({ verdict, level }: VerifyReport, required: Level | undefined): number {
  switch (verdict) {
    case "intact":
      return required !== undefined && isBelow(level, required) ? EXIT.findings : EXIT.ok;
    case "tampered":
      return EXIT.findings;
    case "unreadable":
      return EXIT.usage;
  }
  // INVARIANT (unknown is bad): a verdict of a newer verifier is never taken for intact.
  return EXIT.findings;
}
