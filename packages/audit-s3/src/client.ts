import { ProclawError } from "@proclaw/core";
import type * as Sdk from "@aws-sdk/client-s3";

/*
 * The calls of S3 that this package makes, by structure: the aggregated client `S3` of
 * `@aws-sdk/client-s3` has them all. Members are S3's own names, so that no mapping stands between
 * what a test's server sees and what is written here.
 */

export type LockMode = "COMPLIANCE" | "GOVERNANCE";

export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

export interface ObjectPlace {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner?: string;
}

export interface ObjectVersionPlace extends ObjectPlace {
  readonly VersionId?: string;
}

export interface PutObjectInput extends ObjectPlace {
  readonly Body: Uint8Array;
  readonly ContentLength: number;
  readonly ContentMD5?: string;
  readonly ContentType?: string;
  readonly ChecksumSHA256?: string;
  readonly IfNoneMatch?: string;
  readonly ObjectLockMode?: LockMode;
  readonly ObjectLockRetainUntilDate?: Date;
  readonly ServerSideEncryption?: "AES256" | "aws:kms";
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
}

/** What HEAD and GET say of an object beside its bytes. */
export interface ObjectFacts {
  readonly VersionId?: string | undefined;
  readonly ContentLength?: number | undefined;
  readonly ETag?: string | undefined;
  readonly ChecksumSHA256?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
}

export interface ListedVersion {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Size?: number | undefined;
  readonly ETag?: string | undefined;
}

export interface ListVersionsOutput {
  readonly EncodingType?: string | undefined;
  readonly Versions?: readonly ListedVersion[] | undefined;
  readonly DeleteMarkers?: readonly ListedVersion[] | undefined;
  readonly CommonPrefixes?: readonly { readonly Prefix?: string | undefined }[] | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly NextKeyMarker?: string | undefined;
  readonly NextVersionIdMarker?: string | undefined;
}

export interface ListVersionsInput {
  readonly Bucket: string;
  readonly Prefix: string;
  readonly Delimiter?: string;
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
  readonly MaxKeys?: number;
  readonly EncodingType?: "url";
  readonly ExpectedBucketOwner?: string;
}

/** An S3 client, by structure. `new S3({ … })` of `@aws-sdk/client-s3` is one. */
export interface S3Calls {
  putObject(input: PutObjectInput, options?: CallOptions): Promise<{ readonly VersionId?: string | undefined }>;
  headObject(
    input: ObjectVersionPlace & { readonly ChecksumMode?: "ENABLED" },
    options?: CallOptions,
  ): Promise<ObjectFacts>;
  getObject(
    input: ObjectVersionPlace & { readonly Range?: string },
    options?: CallOptions,
  ): Promise<ObjectFacts & { readonly Body?: unknown }>;
  listObjectVersions(input: ListVersionsInput, options?: CallOptions): Promise<ListVersionsOutput>;
  deleteObject(
    input: ObjectVersionPlace & { readonly BypassGovernanceRetention?: boolean },
    options?: CallOptions,
  ): Promise<{ readonly VersionId?: string | undefined; readonly DeleteMarker?: boolean | undefined }>;
  getObjectRetention(
    input: ObjectVersionPlace,
    options?: CallOptions,
  ): Promise<{
    readonly Retention?:
      | { readonly Mode?: string | undefined; readonly RetainUntilDate?: Date | undefined }
      | undefined;
  }>;
  putObjectRetention(
    input: ObjectVersionPlace & {
      readonly Retention: { readonly Mode: LockMode; readonly RetainUntilDate: Date };
      readonly BypassGovernanceRetention?: boolean;
    },
    options?: CallOptions,
  ): Promise<unknown>;
  getBucketVersioning(
    input: { readonly Bucket: string },
    options?: CallOptions,
  ): Promise<{ readonly Status?: string | undefined }>;
  putBucketVersioning(
    input: { readonly Bucket: string; readonly VersioningConfiguration: { readonly Status: "Enabled" | "Suspended" } },
    options?: CallOptions,
  ): Promise<unknown>;
  getObjectLockConfiguration(
    input: { readonly Bucket: string },
    options?: CallOptions,
  ): Promise<{
    readonly ObjectLockConfiguration?:
      | {
          readonly ObjectLockEnabled?: string | undefined;
          readonly Rule?:
            | {
                readonly DefaultRetention?:
                  | {
                      readonly Mode?: string | undefined;
                      readonly Days?: number | undefined;
                      readonly Years?: number | undefined;
                    }
                  | undefined;
              }
            | undefined;
        }
      | undefined;
  }>;
  destroy?(): void;
}

/** The bare client: `new S3Client({ … })` of `@aws-sdk/client-s3` is one. */
export interface S3Sender {
  send(command: never, options?: CallOptions): Promise<unknown>;
  destroy?(): void;
}

/** What `new S3({ … })` takes; `region`, `endpoint`, `credentials`, `forcePathStyle` and so on. */
export type S3ClientConfig = Readonly<Record<string, unknown>>;

/**
 * The SDK, loaded when it is first needed: importing it costs 21 to 33 MB of memory.
 *
 * @throws ProclawError `missing_peer`
 */
async function loadSdk(): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    const missing =
      code === "ERR_MODULE_NOT_FOUND" && typeof message === "string" && message.includes("'@aws-sdk/client-s3'");
    // A fault inside an installed SDK must not hide behind an install hint.
    if (!missing) throw error;
    throw new ProclawError(
      "missing_peer",
      "keeping a trail in S3 needs the package `@aws-sdk/client-s3`: npm install @aws-sdk/client-s3",
      { cause: error },
    );
  }
}

/**
 * A client of our own.
 *
 * INVARIANT (one request, one answer): the SDK does not try again by itself. A PUT whose reply was
 * lost and that is blindly repeated makes a second version, or a 412 on our own write; we look first.
 * `WHEN_REQUIRED` keeps the SDK from sending checksums as trailers, which Ceph answers with 411.
 */
async function makeClient(config: S3ClientConfig): Promise<S3Calls> {
  const { S3 } = await loadSdk();
  const endpoint = config["endpoint"] !== undefined;
  return new S3({
    // Servers with an endpoint of their own seldom have a DNS name for each bucket, or regions.
    ...(endpoint ? { forcePathStyle: true, region: process.env["AWS_REGION"] ?? "us-east-1" } : {}),
    ...config,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

async function adapt(sender: S3Sender): Promise<S3Calls> {
  const sdk = await loadSdk();
  const via =
    <O>(Command: new (input: never) => unknown) =>
    async (input: object, options?: CallOptions): Promise<O> =>
      (await sender.send(new Command(input as never) as never, options)) as O;
  return {
    putObject: via(sdk.PutObjectCommand),
    headObject: via(sdk.HeadObjectCommand),
    getObject: via(sdk.GetObjectCommand),
    listObjectVersions: via(sdk.ListObjectVersionsCommand),
    deleteObject: via(sdk.DeleteObjectCommand),
    getObjectRetention: via(sdk.GetObjectRetentionCommand),
    putObjectRetention: via(sdk.PutObjectRetentionCommand),
    getBucketVersioning: via(sdk.GetBucketVersioningCommand),
    putBucketVersioning: via(sdk.PutBucketVersioningCommand),
    getObjectLockConfiguration: via(sdk.GetObjectLockConfigurationCommand),
  };
}

/** How a caller names the client: his own one, or what to make one of. */
export interface ClientChoice {
  /**
   * Your own client, an `S3` or `S3Client` of `@aws-sdk/client-s3`; it stays yours and is not
   * destroyed. Give it `maxAttempts: 1`: what it repeats by itself becomes a second version.
   */
  readonly client?: S3Calls | S3Sender;
  /** What a client is made of; by default the SDK's chain finds region and credentials. */
  readonly clientConfig?: S3ClientConfig;
}

/** Opens the client once, when it is first needed. */
export class LazyClient {
  readonly #choice: ClientChoice;
  #calls: Promise<S3Calls> | null = null;

  constructor(choice: ClientChoice) {
    if (choice.client !== undefined && choice.clientConfig !== undefined) {
      throw new ProclawError("invalid_option", "`client` and `clientConfig` exclude each other");
    }
    this.#choice = choice;
  }

  calls(): Promise<S3Calls> {
    this.#calls ??= this.#open();
    return this.#calls;
  }

  async close(): Promise<void> {
    if (this.#choice.client === undefined) (await this.#calls?.catch(() => null))?.destroy?.();
  }

  async #open(): Promise<S3Calls> {
    const { client, clientConfig } = this.#choice;
    if (client === undefined) return await makeClient(clientConfig ?? {});
    return "putObject" in client ? client : await adapt(client);
  }
}
