import { ProclawError } from "@proclaw/core";

/*
 * Where things are in a bucket. Numbers have 16 digits, so that keys sort like numbers.
 *
 *     <prefix>/v1/<log>/<writer epoch>/<first seq>.jsonl     records
 *     <prefix>/v1/<log>/checkpoints/<size>.note              signed checkpoints
 *     <prefix>/v1/<log>/leases/<epoch>.json                  who took the lease
 *     <prefix>/v1/<log>/leases/<epoch>-released.json         and gave it back
 *     <prefix>/canary/<random>                               objects of `probe` and `proclaw doctor`
 */

export interface Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/** Checks bucket and prefix; throws `invalid_option`. */
export function placeOf(bucket: string, prefix = ""): Place {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/i.test(bucket) && !bucket.startsWith("arn:")) {
    throw new ProclawError("invalid_option", `\`${bucket}\` is not the name of a bucket`);
  }
  const trimmed = prefix.replace(/^\/+|\/+$/g, "");
  const parts = trimmed.split("/");
  if (trimmed !== "" && (Buffer.byteLength(trimmed) > 512 || !parts.every((part) => /^[\w!.*'()=-]+$/.test(part)))) {
    throw new ProclawError(
      "invalid_option",
      "the prefix may hold letters, digits, `_-.!*'()=` and single slashes, 512 bytes at most",
    );
  }
  return { bucket, prefix: trimmed };
}

export function number16(value: number): string {
  return String(value).padStart(16, "0");
}

function under(place: Place, rest: string): string {
  return place.prefix === "" ? rest : `${place.prefix}/${rest}`;
}

/** Folder of all logs, with its last slash. */
export function logsPrefix(place: Place): string {
  return under(place, "v1/");
}

export function canaryPrefix(place: Place): string {
  return under(place, "canary/");
}

/** Folder of a log, with its last slash. Throws `invalid_option`. */
export function logPrefix(place: Place, log: string): string {
  // A log's name comes from the evidence or from a caller: it may never lead into another folder.
  if (!/^[A-Za-z0-9][\w-]{0,127}$/.test(log)) {
    throw new ProclawError("invalid_option", `\`${log}\` is not the name of a log`);
  }
  return `${logsPrefix(place)}${log}/`;
}

export const CHECKPOINTS = "checkpoints/";
export const LEASES = "leases/";

export function epochFolder(epoch: number): string {
  return `${number16(epoch)}/`;
}

/**
 * The number that a name of 16 digits and `suffix` says; null if it is none. One that no log can
 * have is a number too: whoever planted it must be found out, not be passed over.
 */
export function numberOf(name: string, suffix: string): number | null {
  if (name.length !== 16 + suffix.length || !name.endsWith(suffix) || !/^\d{16}/.test(name)) return null;
  return Number(name.slice(0, 16));
}

/** Above every number that a name can say. */
export const LAST_NUMBER: number = 10 ** 16;
