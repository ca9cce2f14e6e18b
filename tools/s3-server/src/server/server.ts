import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { authenticate } from "./authenticate.ts";
import type { User } from "./authenticate.ts";
import { Bucket } from "./bucket.ts";
import type { ObjectVersion } from "./bucket.ts";
import { JumpingClock } from "./clock.ts";
import type { S3Response } from "./context.ts";
import { faultError, Faults } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { MANNERS } from "./manner.ts";
import type { Manner, MannerName } from "./manner.ts";
import { findOperation } from "./operations.ts";
import { readPayload } from "./payload.ts";
import { readRequest } from "./request.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { writeXml } from "./xml.ts";

export interface S3ServerOptions {
  /** Whose behavior where servers differ (default: `aws`). */
  readonly manner?: MannerName;
  /** Time of retention and of objects' dates (default: a new one on the system's clock). */
  readonly clock?: JumpingClock;
  /** Users beside `owner`, who makes the buckets (default: one, `writer`). */
  readonly users?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  readonly region?: string;
  /** What policies are told as `aws:SecureTransport`; this server itself speaks plain HTTP (default: false). */
  readonly secureTransport?: boolean;
  /** Keys of users by name (default: random ones). */
  readonly keys?: Readonly<Record<string, { readonly accessKey: string; readonly secretKey: string }>>;
}

/** A request that was answered, or not. */
export interface LoggedRequest {
  /** As AWS names it, or `unknown`. */
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly user: string | null;
  /** Null where the connection was reset. */
  readonly status: number | null;
  readonly code: string | null;
}

/**
 * An S3 server in memory that enforces Object Lock: for tests, the demo and whoever has no bucket.
 * It keeps nothing and is no storage.
 */
export class S3Server {
  readonly manner: Manner;
  readonly region: string;
  readonly clock: JumpingClock;
  readonly users: Readonly<Record<string, User>>;
  /** Every request, oldest first. */
  readonly requests: LoggedRequest[] = [];
  readonly #buckets: Map<string, Bucket> = new Map();
  readonly #faults: Faults = new Faults();
  readonly #secureTransport: boolean;
  readonly #http: Server;
  #port: number;

  private constructor(options: S3ServerOptions) {
    this.manner = MANNERS[options.manner ?? "aws"];
    this.region = options.region ?? "us-east-1";
    this.clock = options.clock ?? new JumpingClock();
    this.#port = options.port ?? 0;
    this.#secureTransport = options.secureTransport ?? false;
    const names = ["owner", ...(options.users ?? ["writer"])];
    this.users = Object.fromEntries(names.map((name) => [name, this.#newUser(name, options)]));
    this.#http = createServer((message, response) => void this.#answer(message, response));
  }

  #newUser(name: string, options: S3ServerOptions): User {
    const keys = options.keys?.[name] ?? {
      accessKey: randomBytes(10).toString("hex").toUpperCase(),
      secretKey: randomBytes(20).toString("hex"),
    };
    return { name, ...keys, arn: this.manner.userArn(name) };
  }

  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options);
    await server.startGateway();
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Of the user `owner`. */
  get accessKey(): string {
    return this.users["owner"]?.accessKey ?? "";
  }

  get secretKey(): string {
    return this.users["owner"]?.secretKey ?? "";
  }

  /** What a later request meets. */
  plant(fault: Fault): void {
    this.#faults.plant(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Faults that no request has met yet. */
  get pendingFaults(): number {
    return this.#faults.pending;
  }

  /** Makes a bucket of `owner` with Object Lock, without a default rule. */
  createLockBucket(name: string): void {
    if (this.#buckets.has(name)) throw new Error(`the bucket \`${name}\` exists`);
    const bucket = new Bucket(name, "owner", this.clock.now());
    bucket.lockEnabled = true;
    bucket.versioning = "Enabled";
    this.#buckets.set(name, bucket);
  }

  /** A bucket as it is inside, for looks and for tampering below the interface. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new Error(`no bucket \`${name}\``);
    return bucket;
  }

  /** Every version of every key of a bucket: keys ascending, newest version first. */
  versions(bucketName: string): ObjectVersion[] {
    const bucket = this.bucket(bucketName);
    return bucket.sortedKeys().flatMap((key) => bucket.versions(key));
  }

  /** An outage: nothing listens any more, what was stored stays. */
  async stopGateway(): Promise<void> {
    if (!this.#http.listening) return;
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** Ends an outage; the port stays. */
  async startGateway(): Promise<void> {
    if (this.#http.listening) return;
    this.#http.listen(this.#port, "127.0.0.1");
    await once(this.#http, "listening");
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async restart(): Promise<void> {
    await this.stopGateway();
    await this.startGateway();
  }

  async stop(): Promise<void> {
    await this.stopGateway();
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    const log = { operation: "unknown", bucket: "", key: "", user: null as string | null };
    let fault: Fault | null = null;
    let result: S3Response;
    let code: string | null = null;
    try {
      const request = await readRequest(message);
      log.bucket = request.bucket;
      log.key = request.key;
      const operation = findOperation(request);
      log.operation = operation.name;
      fault = this.#faults.take(operation.name);
      if (fault?.kind === "reset") return this.#reset(message, log);
      const failure = faultError(fault);
      if (failure !== null) throw failure;
      result = operation.run({
        request,
        user: this.#user(request, fault, log),
        payload: readPayload(request, this.manner),
        manner: this.manner,
        buckets: this.#buckets,
        now: this.clock.now(),
        secureTransport: this.#secureTransport,
      });
    } catch (error) {
      const refusal = error instanceof S3Error ? error : new S3Error("InternalError", String(error));
      code = refusal.code;
      result = errorResponse(refusal, requestId);
    }
    if (fault?.kind === "lost_reply") return this.#reset(message, log);
    if (fault?.kind === "slow") await sleep(fault.ms, undefined, { ref: false });
    this.requests.push({ ...log, status: result.status, code });
    const body = result.body ?? "";
    response.writeHead(result.status, {
      ...(typeof body === "string" && body !== "" ? { "content-type": "application/xml" } : {}),
      ...result.headers,
      ...(result.status === 204 ? {} : { "content-length": Buffer.byteLength(body) }),
      "x-amz-request-id": requestId,
      server: "proclaw-s3",
    });
    response.end(message.method === "HEAD" ? undefined : body);
  }

  #user(request: S3Request, fault: Fault | null, log: { user: string | null }): User | null {
    // Not the jumping clock: a client signs with its own time, whatever is tried with retention.
    const now = Date.now() + (fault?.kind === "wrong_time" ? fault.offsetMs : 0);
    const user = authenticate(request, Object.values(this.users), this.region, now);
    log.user = user?.name ?? null;
    return user;
  }

  #reset(message: IncomingMessage, log: Omit<LoggedRequest, "status" | "code">): void {
    this.requests.push({ ...log, status: null, code: null });
    message.socket.resetAndDestroy();
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function errorResponse(error: S3Error, requestId: string): S3Response {
  const content = { Code: error.code, Message: error.message, ...error.details, RequestId: requestId };
  return { status: error.status, headers: error.headers, body: writeXml("Error", content, "") };
}

/** Starts an {@link S3Server}. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  return S3Server.start(options);
}
