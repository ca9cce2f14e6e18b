import { parseVerifierKey, type VerifierKey } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { CliError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { readSmallFile } from "./files.ts";
import { decodeUtf8 } from "./strict-json.ts";

/** Files of C2SP verifier keys, one a line; blank lines are passed over. */
export async function readKeyFiles(io: CliIo, files: readonly string[]): Promise<VerifierKey[]> {
  const keys: VerifierKey[] = [];
  for (const file of files) {
    const bytes = await readSmallFile(io, file, "key", "unreadable_evidence");
    try {
      const lines = decodeUtf8(bytes)
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
      if (lines.length === 0) throw new Error("no line");
      for (const line of lines) keys.push(parseVerifierKey(nodeHasher, line));
    } catch (cause) {
      throw new CliError("unreadable_evidence", `key file \`${file}\` holds no C2SP verifier key`, {
        cause,
        hint: "a key is one line `NAME+HASH+BASE64`, as in keys/NAME.vkey of a trail",
      });
    }
  }
  return keys;
}
