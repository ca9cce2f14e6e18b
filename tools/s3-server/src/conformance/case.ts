import type { Answer } from "../client/signed-request.ts";
import { outcome } from "./target.ts";
import type { Target } from "./target.ts";

export interface ConformanceCase {
  readonly group: string;
  /** What is done, in one line. */
  readonly title: string;
  /** Where AWS documents it, or `undocumented` where our AWS manner is a guess on the safe side. */
  readonly source: string;
  /** Does it and says what came out: a status with its error code, and what else matters. */
  readonly run: (target: Target) => Promise<string | Answer>;
  /** What comes out on AWS, as documented. */
  readonly aws: string;
  /** What comes out on Ceph RGW 16.2, as measured; as on AWS where it is left out. */
  readonly ceph?: string;
}

export async function runCase(testCase: ConformanceCase, target: Target): Promise<string> {
  const result = await testCase.run(target);
  return typeof result === "string" ? result : outcome(result);
}

const USER_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide";
const API = "https://docs.aws.amazon.com/AmazonS3/latest/API";

/** Pages of AWS's documentation. */
export const PAGES = {
  objectLock: `${USER_GUIDE}/object-lock.html`,
  considerations: `${USER_GUIDE}/object-lock-managing.html`,
  configureLock: `${USER_GUIDE}/object-lock-configure.html`,
  conditionalWrites: `${USER_GUIDE}/conditional-writes.html`,
  integrity: `${USER_GUIDE}/checking-object-integrity.html`,
  deleteMarkers: `${USER_GUIDE}/DeleteMarker.html`,
  versioning: `${USER_GUIDE}/manage-versioning-examples.html`,
  policyExamples: `${USER_GUIDE}/amazon-s3-policy-keys.html`,
  conditionKeys: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
  conditions: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
  policyLogic: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
  encryption: `${USER_GUIDE}/specifying-s3-encryption.html`,
  errors: `${API}/ErrorResponses.html`,
  signature: `${API}/sig-v4-header-based-auth.html`,
  streaming: `${API}/sigv4-streaming-trailers.html`,
  putObject: `${API}/API_PutObject.html`,
  getObject: `${API}/API_GetObject.html`,
  deleteObject: `${API}/API_DeleteObject.html`,
  deleteObjects: `${API}/API_DeleteObjects.html`,
  createBucket: `${API}/API_CreateBucket.html`,
  deleteBucket: `${API}/API_DeleteBucket.html`,
  putRetention: `${API}/API_PutObjectRetention.html`,
  getRetention: `${API}/API_GetObjectRetention.html`,
  putLegalHold: `${API}/API_PutObjectLegalHold.html`,
  getLegalHold: `${API}/API_GetObjectLegalHold.html`,
  putLockConfiguration: `${API}/API_PutObjectLockConfiguration.html`,
  getLockConfiguration: `${API}/API_GetObjectLockConfiguration.html`,
  putVersioning: `${API}/API_PutBucketVersioning.html`,
  listVersions: `${API}/API_ListObjectVersions.html`,
  listObjects: `${API}/API_ListObjectsV2.html`,
  multipart: `${API}/API_CreateMultipartUpload.html`,
  undocumented: "undocumented",
} as const;

const DAY = 86_400_000;

/** A time so many days from now, as the lock headers carry it. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * DAY).toISOString();
}

export function lockHeaders(days: number, mode = "COMPLIANCE"): Record<string, string> {
  return { "x-amz-object-lock-mode": mode, "x-amz-object-lock-retain-until-date": inDays(days) };
}

export function retentionXml(days: number, mode = "COMPLIANCE"): string {
  return `<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>${mode}</Mode><RetainUntilDate>${inDays(days)}</RetainUntilDate></Retention>`;
}

export function lockXml(rule: string): string {
  return `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
}

export function defaultRule(mode: string, period: string): string {
  return lockXml(`<Rule><DefaultRetention><Mode>${mode}</Mode>${period}</DefaultRetention></Rule>`);
}
