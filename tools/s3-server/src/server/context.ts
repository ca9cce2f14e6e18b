import type { Bucket } from "./bucket.ts";
import type { User } from "./authenticate.ts";
import type { Manner } from "./manner.ts";
import type { Payload } from "./payload.ts";
import { evaluatePolicy } from "./policy.ts";
import type { ConditionValues } from "./policy-condition.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Everything that an operation works on. */
export interface Context {
  readonly request: S3Request;
  readonly payload: Payload;
  readonly user: User | null;
  readonly manner: Manner;
  readonly buckets: Map<string, Bucket>;
  /** Milliseconds since the epoch, for retention and dates. */
  readonly now: number;
  readonly secureTransport: boolean;
}

export function bucketOf(context: Context): Bucket {
  const bucket = context.buckets.get(context.request.bucket);
  if (bucket === undefined) throw new S3Error("NoSuchBucket", "The specified bucket does not exist");
  return bucket;
}

/** Whether the user may do `action` on the bucket (empty key) or the key. */
export function isAllowed(context: Context, action: string, key: string): boolean {
  const bucket = bucketOf(context);
  const isOwner = context.user?.name === bucket.owner;
  const aboutPolicy = action.endsWith("BucketPolicy");
  if (isOwner && aboutPolicy && context.manner.ownerKeepsPolicy) return true;
  const verdict =
    bucket.policy === null
      ? null
      : evaluatePolicy(
          bucket.policy,
          {
            principal: context.user?.arn ?? null,
            action,
            resource: `arn:aws:s3:::${bucket.name}${key === "" ? "" : `/${key}`}`,
            values: conditionValues(context),
          },
          context.manner,
        );
  return verdict === "Allow" || (isOwner && verdict === null);
}

/** @throws S3Error `AccessDenied` */
export function authorize(context: Context, action: string, key: string = context.request.key): void {
  if (!isAllowed(context, action, key)) throw new S3Error("AccessDenied", "Access Denied");
}

const DAY_MS = 86_400_000;

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
function conditionValues({ request, manner, now, secureTransport }: Context): ConditionValues {
  const { headers, query } = request;
  const values: Record<string, string | undefined> = {
    "aws:securetransport": secureTransport || manner.saysPlainHttp ? String(secureTransport) : undefined,
    "s3:prefix": query.get("prefix"),
    "s3:versionid": query.get("versionId"),
    "s3:x-amz-server-side-encryption": headers["x-amz-server-side-encryption"],
    "s3:x-amz-server-side-encryption-aws-kms-key-id": headers["x-amz-server-side-encryption-aws-kms-key-id"],
  };
  if (!manner.lockConditions) return values;
  const body = query.has("retention") ? request.body.toString() : "";
  const until = headers["x-amz-object-lock-retain-until-date"] ?? /<RetainUntilDate>([^<]*)</.exec(body)?.[1];
  const days = until === undefined ? Number.NaN : Math.floor((Date.parse(until) - now) / DAY_MS);
  return {
    ...values,
    "s3:object-lock-mode": headers["x-amz-object-lock-mode"] ?? /<Mode>([^<]*)</.exec(body)?.[1],
    "s3:object-lock-retain-until-date": until,
    "s3:object-lock-remaining-retention-days": Number.isNaN(days) ? undefined : String(days),
    "s3:object-lock-legal-hold": headers["x-amz-object-lock-legal-hold"],
  };
}
