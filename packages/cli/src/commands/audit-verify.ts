import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { VerifyReport } from "@proclaw/verify";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { readSmallFile } from "../files.ts";
import { progressLine } from "../progress-line.ts";
import { folderOf, openSource } from "../stores.ts";
import { decodeUtf8 } from "../strict-json.ts";
import { painter } from "../style.ts";
import { reportJson, reportText } from "../verify-report.ts";

export interface AuditVerifyOptions {
  readonly anchor?: string;
  readonly key?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Verifies a trail and says what that proves. */
export async function auditVerify(io: CliIo, store: string, options: AuditVerifyOptions): Promise<number> {
  const keys = options.key === undefined ? undefined : await readKeys(io, options.key);
  const anchor =
    options.anchor === undefined
      ? undefined
      : { name: options.anchor, note: await readSmallFile(io, options.anchor, "anchor", "unreadable_evidence") };
  const source = await openSource(io, store);
  const { verifyTrail } = await import("@proclaw/verify");
  const { nodeEd25519Verify, nodeHasher } = await import("@proclaw/verify/node");
  const folder = folderOf(io, store);
  const progress = progressLine(io, io.stderr.isTTY && folder !== null ? await recordBytes(folder) : null);
  let report: VerifyReport;
  try {
    report = await verifyTrail(source, {
      hasher: nodeHasher,
      ed25519Verify: nodeEd25519Verify,
      ...(keys === undefined ? {} : { keys }),
      ...(anchor === undefined ? {} : { anchors: [anchor] }),
      strict: options.strict === true,
      signal: io.signal,
      onProgress: progress.show,
    });
  } finally {
    await progress.clear();
  }
  const text =
    options.json === true
      ? `${JSON.stringify(reportJson(report), null, 2)}\n`
      : reportText(report, {
          folder: folder === null ? null : store,
          paint: painter(io.stdout, io.env),
          withKey: keys !== undefined,
        });
  await io.stdout.write(text);
  return exitOf(report);
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

/** A file of C2SP verifier keys, one a line; blank lines are passed over. */
async function readKeys(io: CliIo, file: string): Promise<string[]> {
  const bytes = await readSmallFile(io, file, "key", "unreadable_evidence");
  let lines: string[];
  try {
    lines = decodeUtf8(bytes).split("\n");
  } catch (error) {
    throw notKeys(file, error);
  }
  const keys = lines.map((line) => line.trim()).filter((line) => line !== "");
  const { parseVerifierKey } = await import("@proclaw/verify");
  const { nodeHasher } = await import("@proclaw/verify/node");
  if (keys.length === 0) throw notKeys(file, undefined);
  for (const key of keys) {
    try {
      parseVerifierKey(nodeHasher, key);
    } catch (error) {
      throw notKeys(file, error);
    }
  }
  return keys;
}

function notKeys(file: string, cause: unknown): CliError {
  return new CliError("unreadable_evidence", `key file \`${file}\` holds no C2SP verifier key`, {
    cause,
    hint: "a key is one line `NAME+HASH+BASE64`, as in keys/NAME.vkey of a trail",
  });
}

function exitOf({ verdict }: VerifyReport): number {
  switch (verdict) {
    case "intact":
      return EXIT.ok;
    case "tampered":
      return EXIT.findings;
    case "unreadable":
      return EXIT.usage;
  }
  // INVARIANT (unknown is bad): a verdict of a newer verifier is never taken for intact.
  return EXIT.findings;
}
