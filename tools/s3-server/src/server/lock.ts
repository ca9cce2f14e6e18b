import type { Bucket, LockMode, ObjectVersion, Retention } from "./bucket.ts";
import type { Manner } from "./manner.ts";
import { S3Error } from "./s3-error.ts";
import { child, childText, malformed, parseXml } from "./xml.ts";

/** What a PUT asks for, or the bucket's default; null for no lock. */
export interface WantedLock {
  readonly retention: Retention | null;
  readonly legalHold: "ON" | "OFF" | null;
}

const isMode = (text: string | undefined): text is LockMode => text === "GOVERNANCE" || text === "COMPLIANCE";

/**
 * The lock of a new version. An explicit header wins over the default rule, also a weaker one.
 * @throws S3Error
 */
export function wantedLock(headers: Readonly<Record<string, string>>, bucket: Bucket, now: number): WantedLock {
  const mode = headers["x-amz-object-lock-mode"];
  const date = headers["x-amz-object-lock-retain-until-date"];
  const hold = headers["x-amz-object-lock-legal-hold"];
  if ((mode ?? date ?? hold) !== undefined && !bucket.lockEnabled) throw missingLock();
  if (hold !== undefined && hold !== "ON" && hold !== "OFF")
    throw new S3Error("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'");
  const legalHold = hold ?? null;
  if (mode === undefined && date === undefined) return { retention: defaultRetention(bucket, now), legalHold };
  if (mode === undefined || date === undefined) {
    throw new S3Error(
      "InvalidArgument",
      "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
    );
  }
  if (!isMode(mode)) throw new S3Error("InvalidArgument", "Unknown wormMode directive.");
  return { retention: { mode, until: futureDate(date, now) }, legalHold };
}

function defaultRetention(bucket: Bucket, now: number): Retention | null {
  const rule = bucket.defaultRule;
  if (rule === null) return null;
  const until = new Date(now);
  if (rule.unit === "Days") until.setUTCDate(until.getUTCDate() + rule.count);
  else until.setUTCFullYear(until.getUTCFullYear() + rule.count);
  return { mode: rule.mode, until: until.getTime() };
}

function futureDate(text: string, now: number): number {
  const until = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until))
    throw new S3Error("InvalidArgument", "The retain until date must be provided in ISO 8601 format");
  if (until <= now) throw new S3Error("InvalidArgument", "The retain until date must be in the future!");
  return until;
}

/**
 * INVARIANT (a lock holds): a version under legal hold or COMPLIANCE goes away for nobody before its
 * time, under GOVERNANCE only by who may bypass it.
 */
export function isDeletable(version: ObjectVersion, mayBypass: boolean, now: number): boolean {
  if (version.legalHold === "ON") return false;
  const { retention } = version;
  return retention === null || retention.until <= now || (retention.mode === "GOVERNANCE" && mayBypass);
}

/** Whether a running retention may be replaced; COMPLIANCE may only become longer. */
export function isReplaceable(
  old: Retention | null,
  wanted: Retention | null,
  mayBypass: boolean,
  now: number,
): boolean {
  if (old === null || old.until <= now) return true;
  const isLonger = wanted !== null && wanted.mode === old.mode && wanted.until >= old.until;
  return isLonger || (old.mode === "GOVERNANCE" && mayBypass);
}

/** Body of PutObjectRetention; null to remove what is there. */
export function parseRetention(body: string, now: number): Retention | null {
  const root = parseXml(body);
  if (root.name !== "Retention") throw malformed();
  const mode = childText(root, "Mode");
  const date = childText(root, "RetainUntilDate");
  if (mode === undefined && date === undefined) return null;
  if (!isMode(mode) || date === undefined) throw malformed();
  return { mode, until: futureDate(date, now) };
}

export function parseLegalHold(body: string): "ON" | "OFF" {
  const root = parseXml(body);
  const status = childText(root, "Status");
  if (root.name !== "LegalHold" || (status !== "ON" && status !== "OFF")) throw malformed();
  return status;
}

/** Body of PutObjectLockConfiguration: the default rule, or null without one. */
export function parseLockConfiguration(body: string, manner: Manner): Bucket["defaultRule"] {
  const root = parseXml(body);
  if (root.name !== "ObjectLockConfiguration" || childText(root, "ObjectLockEnabled") !== "Enabled") throw malformed();
  const rule = child(root, "Rule");
  if (rule === undefined) return null;
  const retention = child(rule, "DefaultRetention");
  if (retention === undefined) throw malformed();
  const mode = childText(retention, "Mode");
  const days = childText(retention, "Days");
  const years = childText(retention, "Years");
  const count = Number(days ?? years);
  if (!isMode(mode) || (days === undefined) === (years === undefined) || !Number.isInteger(count)) throw malformed();
  if (count <= 0)
    throw new S3Error(manner.periodNotPositive, "Default retention period must be a positive integer value.");
  return { mode, unit: days === undefined ? "Years" : "Days", count };
}

export function missingLock(): S3Error {
  return new S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration");
}
