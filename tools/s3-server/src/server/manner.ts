export type MannerName = "aws" | "ceph";

/**
 * Where servers differ, as data: AWS as documented, Ceph RGW 16.2 as measured. Every line has a
 * conformance case; the Ceph column is compared with a real Ceph.
 */
export interface Manner {
  readonly name: MannerName;
  /** Object Lock can be switched on for a bucket that has versioning. */
  readonly lockOnExistingBucket: boolean;
  /** A PUT whose object ends up locked needs Content-MD5 or a checksum. */
  readonly lockedPutNeedsDigest: boolean;
  /** `x-amz-checksum-*` is verified, kept and given back; otherwise it is ignored. */
  readonly checksums: boolean;
  /** `aws-chunked` with a trailer is understood. */
  readonly trailers: boolean;
  /** `If-None-Match: *` counts in buckets with versioning too. */
  readonly conditionalOnVersioned: boolean;
  /** Server-side encryption is done and said. Ceph without a key service takes AES256 and ignores it. */
  readonly encryption: boolean;
  /** A delete marker and an unknown version id are answered each in its own way, not as a missing key. */
  readonly tellsVersions: boolean;
  /** Lock headers of a PUT need `s3:PutObjectRetention` (`…LegalHold`) beside `s3:PutObject`. */
  readonly lockHeadersNeedPermission: boolean;
  /** Bypassing GOVERNANCE needs `s3:BypassGovernanceRetention`; otherwise the header is enough. */
  readonly bypassNeedsPermission: boolean;
  /** Bucket policies know the keys `s3:object-lock-*`. */
  readonly lockConditions: boolean;
  /** Bucket policies are told `aws:SecureTransport` on plain HTTP too, as `false`; otherwise the key is missing. */
  readonly saysPlainHttp: boolean;
  /** A bucket policy with an unknown condition key is refused; otherwise the key is missing in every request. */
  readonly strictConditionKeys: boolean;
  /** An operator with `Not` holds for a key that the request does not have. */
  readonly negationHoldsForMissing: boolean;
  /** The owner reaches the bucket's policy even where it denies everything. */
  readonly ownerKeepsPolicy: boolean;
  /** Listings put common prefixes behind the keys, as two lists; otherwise among them. */
  readonly prefixesLast: boolean;
  /** `version-id-marker` without `key-marker` is refused. */
  readonly strictMarkers: boolean;
  /** Error codes. */
  readonly noLockOnObject: string;
  readonly periodNotPositive: string;
  readonly badPolicy: string;
  readonly userArn: (name: string) => string;
}

const AWS: Manner = {
  name: "aws",
  lockOnExistingBucket: true,
  lockedPutNeedsDigest: true,
  checksums: true,
  trailers: true,
  conditionalOnVersioned: true,
  encryption: true,
  tellsVersions: true,
  lockHeadersNeedPermission: true,
  bypassNeedsPermission: true,
  lockConditions: true,
  saysPlainHttp: true,
  strictConditionKeys: true,
  negationHoldsForMissing: true,
  ownerKeepsPolicy: true,
  prefixesLast: true,
  strictMarkers: true,
  noLockOnObject: "NoSuchObjectLockConfiguration",
  periodNotPositive: "InvalidArgument",
  badPolicy: "MalformedPolicy",
  userArn: (name) => `arn:aws:iam::000000000000:user/${name}`,
};

const CEPH: Manner = {
  name: "ceph",
  lockOnExistingBucket: false,
  lockedPutNeedsDigest: false,
  checksums: false,
  trailers: false,
  conditionalOnVersioned: false,
  encryption: false,
  tellsVersions: false,
  lockHeadersNeedPermission: false,
  bypassNeedsPermission: false,
  lockConditions: false,
  saysPlainHttp: false,
  strictConditionKeys: false,
  negationHoldsForMissing: false,
  ownerKeepsPolicy: false,
  prefixesLast: false,
  strictMarkers: false,
  noLockOnObject: "ObjectLockConfigurationNotFoundError",
  periodNotPositive: "InvalidRetentionPeriod",
  badPolicy: "InvalidArgument",
  userArn: (name) => `arn:aws:iam:::user/${name}`,
};

export const MANNERS: Readonly<Record<MannerName, Manner>> = { aws: AWS, ceph: CEPH };
