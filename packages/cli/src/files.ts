import { createReadStream } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ErrorCode } from "@proclaw/core";
import { CliError, fileFault, systemCode } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";

/** Largest policy, plan, tool list, key or note that is read whole. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Bytes of a small file.
 *
 * @param what how the message calls the file (`policy`)
 * @param code the error's code if it cannot be read
 */
export async function readSmallFile(io: CliIo, path: string, what: string, code: ErrorCode): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(resolve(io.cwd, path), { signal: io.signal });
  } catch (error) {
    if (io.signal.aborted) throw error;
    throw new CliError(code, `cannot read ${what} file \`${path}\`: ${fileFault(error)}`, { cause: error });
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new CliError(code, `${what} file \`${path}\` is larger than ${MAX_FILE_BYTES} bytes`);
  }
  return bytes;
}

/** Standard input for `-`, else the file, chunk by chunk. */
export async function* readStream(io: CliIo, path: string, what: string): AsyncGenerator<Uint8Array> {
  const name = path === "-" ? "standard input" : `${what} file \`${path}\``;
  try {
    const file: AsyncIterable<Uint8Array> | null =
      path === "-" ? null : createReadStream(resolve(io.cwd, path), { signal: io.signal });
    yield* file ?? io.stdin;
  } catch (error) {
    if (io.signal.aborted || systemCode(error) === null) throw error;
    throw new CliError("invalid_option", `cannot read ${name}: ${fileFault(error)}`, { cause: error });
  }
}

/** All of a stream, or a refusal beyond `maxBytes`. */
export async function readAll(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks);
}

/**
 * Writes a file so that its name never stands for half of it: a neighbor is written, flushed and
 * renamed over it. With `replace: false` an existing file is left alone and refused.
 */
export async function writeWhole(
  io: CliIo,
  path: string,
  text: string,
  options: { readonly what: string; readonly replace: boolean },
): Promise<void> {
  const target = resolve(io.cwd, path);
  try {
    if (!options.replace) {
      await write(target, text);
      return;
    }
    const neighbor = join(dirname(target), `.proclaw-${process.pid}-${Date.now().toString(36)}.tmp`);
    try {
      await write(neighbor, text);
      await rename(neighbor, target);
    } catch (error) {
      await rm(neighbor, { force: true });
      throw error;
    }
  } catch (error) {
    const exists = systemCode(error) === "EEXIST";
    throw new CliError("invalid_option", `cannot write ${options.what} file \`${path}\`: ${fileFault(error)}`, {
      cause: error,
      ...(exists ? { hint: "pass --force to replace it, or name another file" } : {}),
    });
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
