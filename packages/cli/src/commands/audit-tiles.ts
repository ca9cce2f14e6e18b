import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { TileMaker, type TileFile } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { CliError, fileFault, systemCode } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { logNamed, newestCheckpoint, passOver } from "../log-pass.ts";
import { printable } from "../printable.ts";
import { logsOf, openSource } from "../stores.ts";

export interface AuditTilesOptions {
  readonly json?: boolean;
}

/** Writes a log as the static files of C2SP tlog-tiles, up to its newest checkpoint. */
export async function auditTiles(
  io: CliIo,
  store: string,
  named: string,
  directory: string,
  options: AuditTilesOptions,
): Promise<number> {
  const source = await openSource(io, store);
  const log = logNamed(await logsOf(source, store), named);
  const { note, checkpoint } = await newestCheckpoint(source, log, 0);
  const target = resolve(io.cwd, directory);
  await assertEmpty(target, directory);
  const maker = new TileMaker(nodeHasher);
  let files = 0;
  const write = async ({ path, bytes }: TileFile): Promise<void> => {
    await writeIn(target, directory, path, bytes);
    files++;
  };
  await passOver(io, source, log, checkpoint, async (line, leaf) => {
    for (const file of maker.append(line, leaf)) await write(file);
  });
  for (const file of maker.partial()) await write(file);
  // Last: a folder with a checkpoint is whole.
  await write({ path: "checkpoint", bytes: note });
  await io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ v: 1, log, size: checkpoint.size, files })}\n`
      : `${printable(directory)}: ${files} files, ${checkpoint.size} records of log ${log}\n`,
  );
  return EXIT.ok;
}

async function assertEmpty(target: string, shown: string): Promise<void> {
  try {
    if ((await readdir(target)).length === 0) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw cannotWrite(shown, error);
  }
  throw new CliError("invalid_option", `folder \`${shown}\` is not empty`, { hint: "name a new folder" });
}

async function writeIn(target: string, shown: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(target, ...path.split("/"));
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes, { flag: "wx" });
  } catch (error) {
    throw cannotWrite(shown, error);
  }
}

function cannotWrite(shown: string, cause: unknown): CliError {
  return new CliError("invalid_option", `cannot write to folder \`${shown}\`: ${fileFault(cause)}`, { cause });
}
