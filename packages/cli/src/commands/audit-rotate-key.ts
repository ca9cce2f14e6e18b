import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Logger } from "@proclaw/core";
import { CliError, fileFault } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { folderOf, logsOf, openSource } from "../stores.ts";
import { assertKnownKey } from "../trail-keys.ts";

export interface AuditRotateKeyOptions {
  readonly signingKey: string;
  readonly keyName: string;
  readonly json?: boolean;
}

/** Replaces the key file's key by a new one, which the old one introduces in a log of its own in the trail. */
export async function auditRotateKey(io: CliIo, store: string, options: AuditRotateKeyOptions): Promise<number> {
  const { signingKey, keyName } = options;
  const folder = folderOf(io, store);
  if (folder === null) {
    throw new CliError(
      "invalid_option",
      `only the key of a trail in a folder can be changed, and \`${store}\` is none`,
    );
  }
  const source = await openSource(io, store);
  const logs = await logsOf(source, store);
  const keyFile = resolve(io.cwd, signingKey);
  // Opening a key file that is not there would make one.
  await stat(keyFile).catch((error: unknown) => {
    throw new CliError("invalid_option", `cannot read key file \`${signingKey}\`: ${fileFault(error)}`, {
      cause: error,
      hint: "the preset keeps it in its state folder, as keys/trail.pem",
    });
  });
  const { createFileStore, openKeyFile, openTrail, rotateKeyFile, writePublicKey } = await import("@proclaw/audit");
  const { formatVerifierKey, verifierKey } = await import("@proclaw/verify");
  const { nodeHasher } = await import("@proclaw/verify/node");
  const { signer, formerSigners } = await openKeyFile(keyFile, { name: keyName });
  const vkeys = [signer, ...formerSigners].map(({ name, publicKey }) =>
    formatVerifierKey(verifierKey(nodeHasher, name, publicKey)),
  );
  await assertKnownKey(io, { source, logs, vkeys, file: signingKey });
  const files = createFileStore(folder);
  try {
    const software = "proclaw audit rotate-key";
    const trail = await openTrail({ store: files, signer, formerSigners, software, logger: warner(io) });
    try {
      await writePublicKey(folder, signer);
      const next = await rotateKeyFile(keyFile, (key) => trail.rotateKey(key), { name: keyName });
      const vkey = (await writePublicKey(folder, next)).trim();
      const former = formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey));
      await io.stdout.write(
        options.json === true
          ? `${JSON.stringify({ v: 1, key: vkey, former_key: former })}\n`
          : `${printable(vkey)}\n\nThe old key is kept beside the key file. Processes that are running go on with it until they start again.\n` +
              "Whoever verifies with the old key needs no other; give auditors the new one for trails that begin later.\n",
      );
    } finally {
      await trail.close();
    }
  } finally {
    await files.close();
  }
  return EXIT.ok;
}

function warner(io: CliIo): Logger {
  const say = (message: string): void => void io.stderr.write(`warning: ${printable(message)}\n`);
  return { debug() {}, info() {}, warn: say, error: say };
}
