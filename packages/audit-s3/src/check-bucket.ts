import { createHash, randomBytes } from "node:crypto";
import { ProclawError } from "@proclaw/core";
import type { Bucket } from "./bucket.ts";
import type { S3Calls } from "./client.ts";
import { canaryPrefix } from "./keys.ts";
import { historyOf } from "./listing.ts";
import { wholeSecond } from "./retention.ts";
import { errorName, errorStatus, failureKind, s3Failure } from "./s3-error.ts";

/** One thing that was looked at or tried. */
export interface BucketCheck {
  readonly id:
    | "versioning"
    | "object_lock"
    | "default_retention"
    | "locked_put"
    | "delete_version"
    | "bypass"
    | "shorten"
    | "weaken"
    | "overwrite"
    | "wrong_md5"
    | "suspend_versioning"
    | "delete_marker"
    | "conditional_put";
  readonly title: string;
  readonly ok: boolean;
  /** Whether a bucket that fails it is refused. */
  readonly required: boolean;
  /** What the server did, in one line. */
  readonly happened: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

export interface BucketReport {
  /** True only if every required check is good. */
  readonly worm: boolean;
  readonly checks: readonly BucketCheck[];
  /** Key of the canary object, which its lock keeps for a while; null: none was written. */
  readonly canary: string | null;
}

export interface CheckBucketOptions {
  /** Seconds for which the canary is locked, at least 60, the default: a policy may refuse locks that short. */
  readonly canarySeconds?: number;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

const MAKE_NEW =
  "Object Lock must be on from the bucket's making on: make a new bucket, docs/audit/s3.md has the commands";
const NO_WORM = "this server does not enforce Object Lock: do not keep evidence here";

/**
 * Tries what an attacker with these very credentials would, on a canary object below
 * `<prefix>/canary/` that is locked for a minute. Besides that object it changes nothing: where a
 * suspension of versioning is not refused, versioning is switched on again at once.
 *
 * @throws ProclawError `store_failed` if the bucket cannot be looked at
 */
export async function checkBucket(bucket: Bucket, options: CheckBucketOptions): Promise<BucketReport> {
  const calls = await bucket.calls();
  const { bucket: name } = bucket.place;
  const checks: BucketCheck[] = [];
  const versioning = await versioningOf(calls, bucket);
  checks.push(versioning);
  const [lock, rule] = await lockConfiguration(calls, bucket);
  checks.push(lock, rule);
  const key = `${canaryPrefix(bucket.place)}${new Date(options.now()).toISOString().slice(0, 10)}-${randomBytes(8).toString("hex")}`;
  const canary: Canary = {
    calls,
    bucket,
    key,
    at: { Bucket: name, Key: key },
    bytes: Buffer.from(`canary of proclaw doctor ${key}\n`),
    until: wholeSecond(options.now() + Math.max(60, options.canarySeconds ?? 60) * 1000),
    now: options.now,
  };
  const put = await lockedPut(canary);
  checks.push(put.check);
  if (put.versionId !== null) {
    const version = put.versionId;
    checks.push(await wrongMd5(canary));
    checks.push(await shorten(canary, version));
    checks.push(await weaken(canary, version));
    checks.push(await overwrite(canary, version));
    checks.push(await conditionalPut(canary));
    checks.push(await deleteMarker(canary, version));
    // Last of all what would end the canary.
    checks.push(await deleteVersion(canary, version, false));
    checks.push(await deleteVersion(canary, version, true));
  }
  // Where there is no lock, versioning could really be suspended: that is no question to ask a bucket in use.
  if (lock.ok && versioning.ok) checks.push(await suspendVersioning(canary));
  const worm = put.versionId !== null && checks.every(({ ok, required }) => ok || !required);
  return { worm, checks, canary: put.versionId === null ? null : bucket.nameOf(key) };
}

interface Canary {
  readonly calls: S3Calls;
  readonly bucket: Bucket;
  readonly key: string;
  readonly at: { readonly Bucket: string; readonly Key: string };
  readonly bytes: Buffer;
  readonly until: Date;
  readonly now: () => number;
}

type Told = Pick<BucketCheck, "id" | "title"> & { readonly required?: boolean };

function good(told: Told, happened: string): BucketCheck {
  return { required: true, ...told, ok: true, happened, remedy: null };
}

function bad(told: Told, happened: string, remedy: string): BucketCheck {
  return { required: true, ...told, ok: false, happened, remedy };
}

function said(error: unknown): string {
  const status = errorStatus(error);
  return status === null ? errorName(error) : `${errorName(error)} (${status})`;
}

/** A failure that says nothing of the bucket must not pass for a refusal. */
function refusalOf(error: unknown, bucket: Bucket): string {
  const kind = failureKind(error);
  if (kind === "uncertain" || kind === "again") {
    throw s3Failure("store_failed", `cannot look at bucket \`${bucket.place.bucket}\``, error);
  }
  return said(error);
}

async function versioningOf(calls: S3Calls, bucket: Bucket): Promise<BucketCheck> {
  const told: Told = { id: "versioning", title: "versioning is on" };
  try {
    const { Status } = await calls.getBucketVersioning({ Bucket: bucket.place.bucket }, bucket.callOptions());
    if (Status === "Enabled") return good(told, "Enabled");
    return bad(told, Status ?? "never switched on", MAKE_NEW);
  } catch (error) {
    // Not the bucket's fault, or there is none: nothing else here would mean anything.
    if (errorStatus(error) !== 403 || errorName(error) !== "AccessDenied") {
      throw s3Failure("store_failed", `cannot look at bucket \`${bucket.place.bucket}\``, error);
    }
    return bad(told, said(error), "let these credentials do s3:GetBucketVersioning");
  }
}

async function lockConfiguration(calls: S3Calls, bucket: Bucket): Promise<[BucketCheck, BucketCheck]> {
  const lock: Told = { id: "object_lock", title: "Object Lock is on" };
  const rule: Told = { id: "default_retention", title: "a default rule locks what is written without a lock" };
  const MAKE_RULE = "set a default retention in COMPLIANCE mode, docs/audit/s3.md has the command";
  try {
    const { ObjectLockConfiguration: found } = await calls.getObjectLockConfiguration(
      { Bucket: bucket.place.bucket },
      bucket.callOptions(),
    );
    const isOn = found?.ObjectLockEnabled === "Enabled";
    const first = isOn ? good(lock, "Enabled") : bad(lock, "not enabled", MAKE_NEW);
    const retention = found?.Rule?.DefaultRetention;
    if (retention?.Mode === undefined) return [first, bad(rule, "there is none", MAKE_RULE)];
    const time = retention.Days === undefined ? `${retention.Years} years` : `${retention.Days} days`;
    const text = `${retention.Mode}, ${time}`;
    return [first, retention.Mode === "COMPLIANCE" ? good(rule, text) : bad(rule, text, MAKE_RULE)];
  } catch (error) {
    const status = errorStatus(error);
    if (status === 403) {
      const remedy = "let these credentials do s3:GetBucketObjectLockConfiguration";
      return [bad(lock, said(error), remedy), bad(rule, said(error), remedy)];
    }
    const text = refusalOf(error, bucket);
    return [bad(lock, text, MAKE_NEW), bad(rule, text, MAKE_NEW)];
  }
}

async function lockedPut(canary: Canary): Promise<{ readonly check: BucketCheck; readonly versionId: string | null }> {
  const told: Told = { id: "locked_put", title: "an object can be written under a COMPLIANCE lock" };
  const { bucket, key } = canary;
  let versionId: string | null;
  try {
    versionId = (await bucket.put(key, canary.bytes, { until: canary.until })).versionId;
  } catch (error) {
    const text = refusalOf(error, bucket);
    const remedy =
      errorStatus(error) === 403
        ? "these credentials must be able to do s3:PutObject and s3:PutObjectRetention; a policy that asks for longer locks needs --canary-seconds"
        : MAKE_NEW;
    return { check: bad(told, text, remedy), versionId: null };
  }
  if (versionId === null) return { check: bad(told, "it got no version", MAKE_NEW), versionId: null };
  const lock = await bucket.readLock(key, versionId, await bucket.head(key, versionId));
  const text = `${lock.mode ?? "no lock"} until ${lock.until?.toISOString() ?? "no time"}`;
  const holds = lock.mode === "COMPLIANCE" && lock.until !== null && lock.until.getTime() >= canary.until.getTime();
  return { check: holds ? good(told, text) : bad(told, text, NO_WORM), versionId };
}

/** Whether the canary's first version still is what it was, with its lock. */
async function isUnharmed({ bucket, key, bytes, until }: Canary, versionId: string): Promise<boolean> {
  try {
    const facts = await bucket.head(key, versionId);
    const lock = await bucket.readLock(key, versionId, facts);
    const locked = lock.mode === "COMPLIANCE" && (lock.until?.getTime() ?? 0) >= until.getTime();
    return locked && (await bucket.getAll(key, versionId)).equals(bytes);
  } catch (error) {
    const cause = ProclawError.is(error) ? error.cause : error;
    if (failureKind(cause) === "uncertain") throw s3Failure("store_failed", "cannot read the canary", cause);
    return false;
  }
}

/** Tries what must be refused. */
async function mustRefuse(
  told: Told,
  canary: Canary,
  versionId: string,
  attack: () => Promise<unknown>,
): Promise<BucketCheck> {
  try {
    await attack();
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, canary.bucket)}`);
  }
  // What counts is what became of the object.
  if (await isUnharmed(canary, versionId)) return good(told, "answered with success, and without effect");
  return bad(told, "it was done", NO_WORM);
}

async function deleteVersion(canary: Canary, versionId: string, bypass: boolean): Promise<BucketCheck> {
  const told: Told = bypass
    ? { id: "bypass", title: "deleting it with a bypass of the lock is refused" }
    : { id: "delete_version", title: "deleting the version is refused" };
  if (!(await isUnharmed(canary, versionId))) return bad(told, "the canary is gone already", NO_WORM);
  const { calls, bucket, at } = canary;
  return await mustRefuse(told, canary, versionId, async () =>
    calls.deleteObject(
      { ...at, VersionId: versionId, ...(bypass ? { BypassGovernanceRetention: true } : {}) },
      bucket.callOptions(),
    ),
  );
}

async function shorten(canary: Canary, versionId: string): Promise<BucketCheck> {
  const told: Told = { id: "shorten", title: "making the lock shorter is refused" };
  const RetainUntilDate = wholeSecond(canary.now() + 5000);
  return await mustRefuse(told, canary, versionId, async () =>
    canary.calls.putObjectRetention(
      { ...canary.at, VersionId: versionId, Retention: { Mode: "COMPLIANCE", RetainUntilDate } },
      canary.bucket.callOptions(),
    ),
  );
}

async function weaken(canary: Canary, versionId: string): Promise<BucketCheck> {
  const told: Told = { id: "weaken", title: "turning the lock into a GOVERNANCE lock is refused" };
  return await mustRefuse(told, canary, versionId, async () =>
    canary.calls.putObjectRetention(
      {
        ...canary.at,
        VersionId: versionId,
        BypassGovernanceRetention: true,
        Retention: { Mode: "GOVERNANCE", RetainUntilDate: canary.until },
      },
      canary.bucket.callOptions(),
    ),
  );
}

/** An overwrite makes a further version; the first one must stay, and stay the oldest. */
async function overwrite(canary: Canary, versionId: string): Promise<BucketCheck> {
  const told: Told = { id: "overwrite", title: "overwriting leaves the first version as it is" };
  const { calls, bucket, at, key } = canary;
  const bytes = Buffer.from("something else\n");
  try {
    await calls.putObject({ ...at, ...bodyOf(bytes), ...lockOf(canary) }, bucket.callOptions());
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, bucket)}`);
  }
  const [oldest] = (await historyOf(bucket, key)).versions;
  const stays = oldest?.versionId === versionId && (await isUnharmed(canary, versionId));
  return stays ? good(told, "it made another version") : bad(told, "the first version is not there any more", NO_WORM);
}

async function wrongMd5(canary: Canary): Promise<BucketCheck> {
  const told: Told = { id: "wrong_md5", title: "bytes that do not fit their MD5 are refused" };
  const { calls, bucket, at } = canary;
  const bytes = Buffer.from("damaged on the way\n");
  const wrong = createHash("md5").update("what was sent\n").digest("base64");
  try {
    await calls.putObject({ ...at, ...bodyOf(bytes), ContentMD5: wrong, ...lockOf(canary) }, bucket.callOptions());
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, bucket)}`);
  }
  return bad(told, "it was stored", "this server does not check what it gets: do not keep evidence here");
}

async function conditionalPut(canary: Canary): Promise<BucketCheck> {
  const told: Told = {
    id: "conditional_put",
    title: "a PUT that must not overwrite is refused where something is",
    required: false,
  };
  const { calls, bucket, at, bytes } = canary;
  try {
    await calls.putObject({ ...at, ...bodyOf(bytes), IfNoneMatch: "*", ...lockOf(canary) }, bucket.callOptions());
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, bucket)}`);
  }
  return bad(told, "it made another version", "nothing to do: the oldest version counts, and others are findings");
}

/** A delete without version hides the object behind a marker; the version itself stays. */
async function deleteMarker(canary: Canary, versionId: string): Promise<BucketCheck> {
  const told: Told = {
    id: "delete_marker",
    title: "hiding the object behind a delete marker is refused",
    required: false,
  };
  const { calls, bucket, at } = canary;
  try {
    const { DeleteMarker } = await calls.deleteObject({ ...at }, bucket.callOptions());
    if (DeleteMarker !== true && !(await isUnharmed(canary, versionId))) {
      return bad({ ...told, required: true }, "it deleted the object", NO_WORM);
    }
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, bucket)}`);
  }
  return bad(
    told,
    "it was hidden; the version is still there",
    "deny s3:DeleteObject: `proclaw doctor s3 --policy` prints a policy",
  );
}

async function suspendVersioning({ calls, bucket, at }: Canary): Promise<BucketCheck> {
  const told: Told = { id: "suspend_versioning", title: "suspending versioning is refused" };
  const set = async (Status: "Enabled" | "Suspended"): Promise<unknown> =>
    calls.putBucketVersioning({ Bucket: at.Bucket, VersioningConfiguration: { Status } }, bucket.callOptions());
  try {
    await set("Suspended");
  } catch (error) {
    return good(told, `refused: ${refusalOf(error, bucket)}`);
  }
  const after = await calls.getBucketVersioning({ Bucket: at.Bucket }, bucket.callOptions());
  if (after.Status === "Enabled") return good(told, "answered with success, and without effect");
  try {
    await set("Enabled");
  } catch (error) {
    throw new ProclawError(
      "store_failed",
      `versioning of bucket \`${at.Bucket}\` was suspended by this check and could not be switched on again: do it now`,
      { cause: error },
    );
  }
  return bad(told, "it was done (and is on again)", "deny s3:PutBucketVersioning to these credentials");
}

function bodyOf(bytes: Buffer): { Body: Uint8Array; ContentLength: number; ContentMD5: string } {
  return { Body: bytes, ContentLength: bytes.length, ContentMD5: createHash("md5").update(bytes).digest("base64") };
}

function lockOf({ until }: Canary): { ObjectLockMode: "COMPLIANCE"; ObjectLockRetainUntilDate: Date } {
  return { ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: until };
}
