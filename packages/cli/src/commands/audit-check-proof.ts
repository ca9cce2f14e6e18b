import { parseTlogProof, verifyTlogProof, type TlogProof } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { readSmallFile } from "../files.ts";
import { readKeyFiles } from "../key-files.ts";
import { painter } from "../style.ts";

export interface AuditCheckProofOptions {
  readonly record: string;
  readonly key: readonly string[];
  readonly json?: boolean;
}

/** Checks a proof of one record, offline. */
export async function auditCheckProof(io: CliIo, file: string, options: AuditCheckProofOptions): Promise<number> {
  const keys = await readKeyFiles(io, options.key);
  const proof = await readProof(io, file);
  const bytes = await readSmallFile(io, options.record, "record", "unreadable_evidence");
  const line = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  const verdict = await verifyTlogProof(proof, line, {
    keys,
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
  });
  const paint = painter(io.stdout, io.env);
  if (!verdict.ok) {
    await io.stdout.write(
      options.json === true
        ? `${JSON.stringify({ v: 1, proved: false, why: verdict.why })}\n`
        : `${paint("bad", "NOT PROVED")}: ${verdict.why}\n`,
    );
    return EXIT.findings;
  }
  const { checkpoint, record, signers } = verdict;
  const { log, seq } = record.hash_chain;
  const by = signers.map(({ name, id }) => `${name}+${id}`);
  await io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ v: 1, proved: true, log, seq, size: checkpoint.size, signed_by: by })}\n`
      : `${paint("good", "PROVED")}: this is record ${seq} of log ${log}, one of the first ${checkpoint.size} that ${by.join(", ")} signed\n`,
  );
  return EXIT.ok;
}

async function readProof(io: CliIo, file: string): Promise<TlogProof> {
  const bytes = await readSmallFile(io, file, "proof", "unreadable_evidence");
  try {
    return parseTlogProof(bytes);
  } catch (cause) {
    throw new CliError("unreadable_evidence", `proof file \`${file}\` is not a C2SP tlog-proof`, {
      cause,
      hint: "`proclaw audit prove` writes one",
    });
  }
}
