import { matchesWildcard } from "./wildcard.ts";

/** Actions of S3 that a policy may name, evaluated here or not; a misspelled one is refused, as on AWS and Ceph. */
const ACTIONS = `AbortMultipartUpload BypassGovernanceRetention CreateBucket DeleteBucket DeleteBucketPolicy
DeleteBucketWebsite DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification
GetBucketObjectLockConfiguration GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock
GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
GetLifecycleConfiguration GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTagging
GetObjectVersion GetObjectVersionAcl GetObjectVersionTagging GetReplicationConfiguration ListAllMyBuckets
ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts PutAccelerateConfiguration
PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration
PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning
PutBucketWebsite PutEncryptionConfiguration PutLifecycleConfiguration PutObject PutObjectAcl PutObjectLegalHold
PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging PutReplicationConfiguration
ReplicateDelete ReplicateObject RestoreObject`
  .split(/\s+/)
  .map((name) => `s3:${name}`.toLowerCase());

/** Whether a pattern of actions names at least one. */
export function namesAnAction(pattern: string): boolean {
  return pattern === "*" || ACTIONS.some((action) => matchesWildcard(pattern.toLowerCase(), action));
}

/** Condition keys whose values the requests of this server have; policies with others are not understood. */
const KEYS = new Set([
  "aws:securetransport",
  "s3:object-lock-legal-hold",
  "s3:object-lock-mode",
  "s3:object-lock-remaining-retention-days",
  "s3:object-lock-retain-until-date",
  "s3:prefix",
  "s3:versionid",
  "s3:x-amz-server-side-encryption",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
]);

/** By lower-case name. */
export function isKnownKey(name: string): boolean {
  return KEYS.has(name);
}
