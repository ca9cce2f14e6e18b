import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ProclawError } from "@proclaw/core";
import type { ErrorCode } from "@proclaw/core";
import type {
  CallOptions,
  LazyClient,
  ListVersionsInput,
  ListVersionsOutput,
  ObjectFacts,
  PutObjectInput,
  S3Calls,
} from "./client.ts";
import { decoded } from "./encoded-list.ts";
import type { Place } from "./keys.ts";
import { errorName, failureKind, s3Failure } from "./s3-error.ts";

/** Server-side encryption of new objects: with keys of S3, or of the key management service. */
export type Encryption =
  | { readonly type: "s3" }
  | { readonly type: "kms"; readonly keyId?: string; readonly bucketKey?: boolean };

export interface BucketOptions {
  readonly client: LazyClient;
  readonly place: Place;
  /** Account id that must own the bucket. */
  readonly expectedOwner?: string;
  readonly encryption?: Encryption;
  /** Milliseconds that one request may take. */
  readonly requestMs: number;
}

/** The lock of one version, as the server says it. */
export interface ObjectLock {
  readonly mode: string | null;
  readonly until: Date | null;
}

/** The calls on one bucket, each with a time limit, and with failures as `ProclawError`s where nothing else is to be read in them. */
export class Bucket {
  readonly place: Place;
  readonly #client: LazyClient;
  readonly #owner: { readonly ExpectedBucketOwner?: string };
  readonly #encryption: Pick<PutObjectInput, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled">;
  readonly #requestMs: number;
  /** Locks that GET and HEAD told of, by key and version. A COMPLIANCE lock only ever gets longer. */
  readonly #locks = new Map<string, ObjectLock>();

  constructor(options: BucketOptions) {
    this.place = options.place;
    this.#client = options.client;
    this.#owner = options.expectedOwner === undefined ? {} : { ExpectedBucketOwner: options.expectedOwner };
    this.#encryption = encryptionHeaders(options.encryption);
    this.#requestMs = options.requestMs;
  }

  calls(): Promise<S3Calls> {
    return this.#client.calls();
  }

  callOptions(signal?: AbortSignal): CallOptions {
    const limit = AbortSignal.timeout(this.#requestMs);
    return { abortSignal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
  }

  /** Name of a key to show to people. */
  nameOf(key: string): string {
    return `s3://${this.place.bucket}/${key}`;
  }

  async list(input: Omit<ListVersionsInput, "Bucket">, signal?: AbortSignal): Promise<ListVersionsOutput> {
    return await this.#attempt("unreadable_evidence", `cannot list \`${this.nameOf(input.Prefix)}\``, async (calls) =>
      // Anybody who may write may name an object with characters that XML cannot hold: a plain list would break.
      decoded(
        await calls.listObjectVersions(
          { Bucket: this.place.bucket, ...this.#owner, ...input, EncodingType: "url" },
          this.callOptions(signal),
        ),
      ),
    );
  }

  /** One locked PUT from one buffer; throws what the client throws, because the caller must look at it. */
  async put(
    key: string,
    bytes: Uint8Array,
    lock: { readonly until: Date },
    signal?: AbortSignal,
  ): Promise<{ readonly versionId: string | null }> {
    const calls = await this.calls();
    const { VersionId } = await calls.putObject(
      {
        Bucket: this.place.bucket,
        Key: key,
        ...this.#owner,
        ...this.#encryption,
        Body: bytes,
        ContentLength: bytes.length,
        // A PUT with a lock needs it (S3 API reference, PutObject); a wrong byte on the way is a 400.
        ContentMD5: createHash("md5").update(bytes).digest("base64"),
        ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
        ContentType: "application/octet-stream",
        IfNoneMatch: "*",
        // INVARIANT (every object has its own lock): a default rule of the bucket may be weaker, or be removed.
        ObjectLockMode: "COMPLIANCE",
        ObjectLockRetainUntilDate: lock.until,
      },
      this.callOptions(signal),
    );
    return { versionId: VersionId === undefined || VersionId === "null" ? null : VersionId };
  }

  /** The bytes of a version from byte `from` on, as they come; goes on where a broken connection left off. */
  async *get(key: string, versionId: string, from = 0): AsyncGenerator<Uint8Array> {
    const what = `cannot read \`${this.nameOf(key)}\``;
    let at = from;
    for (let attempt = 1; ; attempt++) {
      const output = await this.#attempt("unreadable_evidence", what, async (calls) =>
        calls.getObject(
          {
            Bucket: this.place.bucket,
            Key: key,
            ...this.#owner,
            VersionId: versionId,
            ...(at === 0 ? {} : { Range: `bytes=${at}-` }),
          },
          this.callOptions(),
        ),
      );
      if (output.ObjectLockMode !== undefined) this.#remember(key, versionId, output);
      try {
        for await (const chunk of output.Body as AsyncIterable<Uint8Array>) {
          at += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (attempt === READ_ATTEMPTS || failureKind(error) !== "uncertain") {
          throw s3Failure("unreadable_evidence", what, error);
        }
      }
    }
  }

  async getAll(key: string, versionId: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.get(key, versionId)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async head(key: string, versionId: string): Promise<ObjectFacts> {
    return await this.#attempt("unreadable_evidence", `cannot read \`${this.nameOf(key)}\``, async (calls) =>
      calls.headObject(
        { Bucket: this.place.bucket, Key: key, ...this.#owner, VersionId: versionId, ChecksumMode: "ENABLED" },
        this.callOptions(),
      ),
    );
  }

  /** The lock of a version, from what is known of it or from the server. */
  async lockOf(key: string, versionId: string): Promise<ObjectLock> {
    return (
      this.#locks.get(`${key}\n${versionId}`) ?? (await this.readLock(key, versionId, await this.head(key, versionId)))
    );
  }

  /** The lock that `facts` tell of; where they tell of none, the retention is asked for by itself. */
  async readLock(key: string, versionId: string, facts: ObjectFacts): Promise<ObjectLock> {
    if (facts.ObjectLockMode !== undefined) return this.#remember(key, versionId, facts);
    const calls = await this.calls();
    try {
      // HEAD leaves the lock out for those who may not see it, and then "none" would be a wrong word.
      const { Retention } = await calls.getObjectRetention(
        { Bucket: this.place.bucket, Key: key, ...this.#owner, VersionId: versionId },
        this.callOptions(),
      );
      return { mode: Retention?.Mode ?? null, until: Retention?.RetainUntilDate ?? null };
    } catch (error) {
      if (NO_LOCK.has(errorName(error)) || failureKind(error) === "absent") return { mode: null, until: null };
      throw s3Failure("unreadable_evidence", `cannot read the lock of \`${this.nameOf(key)}\``, error);
    }
  }

  /** Makes a COMPLIANCE lock longer, which is the one change it allows, and says what it is then. */
  async extendLock(key: string, versionId: string, until: Date): Promise<ObjectLock> {
    const what = `cannot make the lock of \`${this.nameOf(key)}\` longer`;
    const at = { Bucket: this.place.bucket, Key: key, ...this.#owner, VersionId: versionId };
    await this.#attempt("unreadable_evidence", what, async (calls) =>
      calls.putObjectRetention(
        { ...at, Retention: { Mode: "COMPLIANCE", RetainUntilDate: until } },
        this.callOptions(),
      ),
    );
    return await this.readLock(key, versionId, await this.head(key, versionId));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #remember(key: string, versionId: string, facts: ObjectFacts): ObjectLock {
    const lock = { mode: facts.ObjectLockMode ?? null, until: facts.ObjectLockRetainUntilDate ?? null };
    this.#locks.set(`${key}\n${versionId}`, lock);
    return lock;
  }

  /** For calls that change nothing, or nothing more when they are made twice: no answer is asked for again. */
  async #attempt<T>(code: ErrorCode, what: string, call: (calls: S3Calls) => Promise<T>): Promise<T> {
    const calls = await this.calls();
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(calls);
      } catch (error) {
        // A kept connection that the server has just closed looks like this, too.
        if (attempt === READ_ATTEMPTS || failureKind(error) !== "uncertain") throw s3Failure(code, what, error);
      }
      await sleep(READ_RETRY_MS * 2 ** (attempt - 1));
    }
  }
}

const READ_ATTEMPTS = 3;
const READ_RETRY_MS = 50;

/** What servers say of an object, or a bucket, without a lock. */
const NO_LOCK: ReadonlySet<string> = new Set([
  "NoSuchObjectLockConfiguration",
  "ObjectLockConfigurationNotFoundError",
  "InvalidRequest",
]);

function encryptionHeaders(
  encryption: Encryption | undefined,
): Pick<PutObjectInput, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> {
  if (encryption === undefined) return {};
  switch (encryption.type) {
    case "s3":
      return { ServerSideEncryption: "AES256" };
    case "kms":
      return {
        ServerSideEncryption: "aws:kms",
        ...(encryption.keyId === undefined ? {} : { SSEKMSKeyId: encryption.keyId }),
        ...(encryption.bucketKey === undefined ? {} : { BucketKeyEnabled: encryption.bucketKey }),
      };
    default:
      throw new ProclawError("invalid_option", "`encryption.type` is `s3` or `kms`");
  }
}
