import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createFileStore, openKeyFile, openTrail, rotateKeyFile, writePublicKey } from "@proclaw/audit";
import type { SignedTrail } from "@proclaw/audit";
import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { AuditStore, AuditTrail, Clock, Logger, RecordStore } from "@proclaw/core";
import { defaultStateFolder, openStateFolder } from "./platform/state-folder.ts";

export interface TrailPlace {
  /** Folder or `file:` URL of the trail, or a store of your own, which stays yours to close. Default `<state>/trail`. */
  readonly store?: string | RecordStore;
  /** Folder of the signing key. Default `$PROCLAW_STATE_DIR`, else `$XDG_STATE_HOME/proclaw`, else `~/.local/state/proclaw`. */
  readonly stateDir?: string;
  readonly clock?: Clock;
}

/** Opens the trail with the state folder's key, and puts the public key where an auditor looks for it. */
export async function openTrailAt(place: TrailPlace, logger: Logger): Promise<AuditTrail> {
  const { store, stateDir, clock } = place;
  const state = stateDir === undefined ? defaultStateFolder() : resolve(stateDir);
  await openStateFolder(state);
  const keyFile = join(state, "keys/trail.pem");
  const keys = await openKeyFile(keyFile);
  const folder = typeof store === "object" ? null : trailFolder(store ?? join(state, "trail"));
  const files = folder === null ? null : createFileStore(folder);
  try {
    const trail = await openTrail({
      store: typeof store === "object" ? store : (files as RecordStore),
      signer: keys.signer,
      formerSigners: keys.formerSigners,
      logger,
      software: software(),
      ...(clock === undefined ? {} : { clock }),
    });
    await writePublicKey(folder ?? state, keys.signer);
    if (keys.unfinished) await finishRotation(trail, keyFile, folder ?? state, logger);
    return files === null ? trail : closingStore(trail, files);
  } catch (error) {
    await files?.close();
    throw error;
  }
}

/** Somebody died while he changed the key. Until it is done the old one stays in force, so this may fail. */
async function finishRotation(trail: SignedTrail, keyFile: string, folder: string, logger: Logger): Promise<void> {
  try {
    const next = await rotateKeyFile(keyFile, (signer) => trail.rotateKey(signer));
    await writePublicKey(folder, next);
    logger.info("a change of the trail's key that was interrupted is finished");
  } catch (error) {
    const why = ProclawError.is(error) ? error.message : "it failed";
    logger.warn(`an interrupted change of the trail's key could not be finished, the old one stays in force: ${why}`);
  }
}

/** @throws ProclawError `invalid_option` for a URL of another scheme */
function trailFolder(store: string): string {
  // `C:\trail` is a Windows path: schemes have two letters or more.
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(store)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(store);
  try {
    if (scheme === "file") return fileURLToPath(new URL(store, pathToFileURL(`${process.cwd()}/`)));
  } catch {
    // Names another machine, say.
  }
  throw new ProclawError(
    "invalid_option",
    `\`${scheme}:\` names no trail folder here; pass the store itself as \`store\``,
  );
}

/** A trail over a store that we opened closes it, too. */
function closingStore(trail: AuditTrail, store: AuditStore): AuditTrail {
  return {
    specVersion: SPEC_VERSION,
    get state() {
      return trail.state;
    },
    append: (event, options) => trail.append(event, options),
    close: async () => {
      try {
        await trail.close();
      } finally {
        await store.close();
      }
    },
  };
}

/** A trail that takes nothing: under it every call is denied with `audit_unavailable`. */
export function unavailableTrail(): AuditTrail {
  return {
    specVersion: SPEC_VERSION,
    state: "failed",
    append: () => Promise.reject(new ProclawError("trail_unavailable", "the audit trail could not be opened")),
    close: () => Promise.resolve(),
  };
}

/** Name and version for `log.open`. An application that was bundled into one file has no package.json beside it. */
function software(): string {
  try {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    return `proclaw/${(JSON.parse(text) as { readonly version: string }).version}`;
  } catch {
    return "proclaw";
  }
}
