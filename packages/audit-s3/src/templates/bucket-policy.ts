import { ProclawError } from "@proclaw/core";
import { canaryPrefix, logsPrefix, placeOf } from "../keys.ts";

export interface BucketPolicyOptions {
  readonly bucket: string;
  readonly prefix?: string;
  /** ARN of the writer's role or user. */
  readonly writer: string;
  /** Days for which every object must be locked at least; not more than the store's `retention.days`. */
  readonly minimumDays: number;
  /** `aws` by default; `aws-cn`, `aws-us-gov`. */
  readonly partition?: string;
}

/**
 * A bucket policy, as JSON text: the writer may put and read, under its prefix only; nobody may
 * delete, bypass a lock, put without a COMPLIANCE lock, or lock for too short a time.
 *
 * Its grammar is checked by tests, its effect is not: no AWS account was used.
 */
export function bucketPolicy(options: BucketPolicyOptions): string {
  const place = placeOf(options.bucket, options.prefix);
  if (!/^arn:[\w-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/.test(options.writer)) {
    throw new ProclawError(
      "invalid_option",
      "the writer is the ARN of a role or a user: arn:aws:iam::123456789012:role/NAME",
    );
  }
  if (!Number.isSafeInteger(options.minimumDays) || options.minimumDays < 1) {
    throw new ProclawError("invalid_option", "the least retention is a whole number of days from 1 on");
  }
  const partition = options.partition ?? "aws";
  const bucket = `arn:${partition}:s3:::${place.bucket}`;
  const evidence = `${bucket}/${logsPrefix(place)}*`;
  const canaries = `${bucket}/${canaryPrefix(place)}*`;
  const writer = { AWS: options.writer };
  const statement = (
    Sid: string,
    Effect: "Allow" | "Deny",
    Principal: "*" | { readonly AWS: string },
    Action: readonly string[],
    Resource: readonly string[],
    Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ): object => ({ Sid, Effect, Principal, Action, Resource, ...(Condition === undefined ? {} : { Condition }) });
  const policy = {
    Version: "2012-10-17",
    Statement: [
      statement(
        "WriterPutsAndReads",
        "Allow",
        writer,
        // A PUT with a lock needs PutObjectRetention; reading back is how a receipt is verified.
        ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"],
        [evidence, canaries],
      ),
      statement(
        "WriterLists",
        "Allow",
        writer,
        ["s3:ListBucketVersions", "s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration"],
        [bucket],
      ),
      statement(
        "NobodyDeletesOrBypasses",
        "Deny",
        "*",
        ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
        [evidence],
      ),
      // A key that is absent does not match StringNotEquals in a Deny the way one expects, so both are said.
      statement("NoPutWithoutLock", "Deny", "*", ["s3:PutObject"], [evidence], {
        Null: { "s3:object-lock-mode": "true" },
      }),
      statement("OnlyComplianceLocks", "Deny", "*", ["s3:PutObject", "s3:PutObjectRetention"], [evidence], {
        StringNotEqualsIfExists: { "s3:object-lock-mode": "COMPLIANCE" },
      }),
      statement("NoShortLocks", "Deny", "*", ["s3:PutObject", "s3:PutObjectRetention"], [evidence], {
        NumericLessThan: { "s3:object-lock-remaining-retention-days": String(options.minimumDays) },
      }),
      statement(
        "WriterLeavesTheBucketAlone",
        "Deny",
        writer,
        [
          "s3:PutBucketVersioning",
          "s3:PutBucketObjectLockConfiguration",
          "s3:PutBucketPolicy",
          "s3:DeleteBucketPolicy",
          "s3:PutLifecycleConfiguration",
          "s3:DeleteBucket",
        ],
        [bucket],
      ),
      statement("OnlyEncryptedTransport", "Deny", "*", ["s3:*"], [bucket, `${bucket}/*`], {
        Bool: { "aws:SecureTransport": "false" },
      }),
    ],
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
