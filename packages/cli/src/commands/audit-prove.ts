import { formatTlogProof, InclusionProver } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { writeWhole } from "../files.ts";
import { logNamed, newestCheckpoint, passOver } from "../log-pass.ts";
import { printable } from "../printable.ts";
import { logsOf, openSource } from "../stores.ts";

export interface AuditProveOptions {
  readonly output?: string;
  readonly record?: string;
  readonly force?: boolean;
}

/** Writes a proof that one record stands in the trail, for somebody who does not get the trail. */
export async function auditProve(io: CliIo, store: string, named: string, options: AuditProveOptions): Promise<number> {
  const { name, seq } = placeOf(named);
  const source = await openSource(io, store);
  const log = logNamed(await logsOf(source, store), name);
  const { note, checkpoint } = await newestCheckpoint(source, log, seq);
  const prover = new InclusionProver(nodeHasher, seq, checkpoint.size);
  let record: Uint8Array = new Uint8Array(0);
  await passOver(io, source, log, checkpoint, (line, leaf, at) => {
    prover.take(leaf);
    if (at === seq) record = Uint8Array.from(line);
  });
  const proof = formatTlogProof({ index: seq, hashes: prover.proof(), note, extra: null });
  const file = { replace: options.force === true };
  if (options.record !== undefined) {
    await writeWhole(io, options.record, `${Buffer.from(record).toString("utf8")}\n`, { ...file, what: "record" });
  }
  if (options.output === undefined) {
    await io.stdout.write(proof);
    return EXIT.ok;
  }
  await writeWhole(io, options.output, proof, { ...file, what: "proof" });
  await io.stdout.write(
    `${printable(options.output)}: record ${seq} of log ${log}, under a checkpoint over ${checkpoint.size} records\n`,
  );
  return EXIT.ok;
}

/** `LOG:SEQ`, as `audit tail` prints it. */
function placeOf(text: string): { readonly name: string; readonly seq: number } {
  const [, name, digits] = /^([0-9a-z-]+):(0|[1-9][0-9]{0,14})$/.exec(text) ?? [];
  if (name === undefined || digits === undefined) {
    throw new CliError("invalid_option", `\`${text}\` names no record`, {
      hint: "write LOG:SEQ, as `proclaw audit tail` prints it; the end of a log id is enough",
    });
  }
  return { name, seq: Number(digits) };
}
