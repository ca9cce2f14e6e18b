import { createHash } from "node:crypto";
import { signedRequest } from "../client/signed-request.ts";
import type { Answer, SignedRequest } from "../client/signed-request.ts";

/** A server under the conformance script. */
export interface Server {
  readonly endpoint: string;
  readonly region: string;
  readonly users: Readonly<Record<string, TargetUser>>;
}

interface TargetUser {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly arn: string;
}

export interface Wish extends Omit<SignedRequest, "path" | "method"> {
  readonly method?: string;
  readonly key?: string;
  /** Name of a user (default `owner`), or null for nobody. */
  readonly user?: string | null;
  /** Signs with these instead of the user's. */
  readonly accessKey?: string;
  readonly secretKey?: string;
}

let buckets = 0;

/** One new bucket of a server and the requests that cases are made of. */
export class Target {
  readonly server: Server;
  readonly bucket: string = `conf-${process.pid}-${Date.now().toString(36)}-${++buckets}`;

  constructor(server: Server) {
    this.server = server;
  }

  /** GET by default. */
  async send(wish: Wish): Promise<Answer> {
    const { method = "GET", key, user = "owner", accessKey, secretKey, ...rest } = wish;
    const path = key === undefined ? `/${this.bucket}` : `/${this.bucket}/${key}`;
    const known = user === null ? null : this.server.users[user];
    if (known === undefined) throw new Error(`no user \`${user}\``);
    const credentials =
      known === null ? null : { accessKey: accessKey ?? known.accessKey, secretKey: secretKey ?? known.secretKey };
    return signedRequest(this.server.endpoint, this.server.region, credentials, { ...rest, method, path });
  }

  /** @throws Error if the server refuses; for the steps that prepare a case */
  async must(wish: Wish): Promise<Answer> {
    const answer = await this.send(wish);
    if (answer.status < 300) return answer;
    throw new Error(
      `preparing: ${wish.method ?? "GET"} answered ${answer.status} ${answer.code ?? ""}: ${answer.body.toString()}`,
    );
  }

  async lockBucket(): Promise<void> {
    await this.must({ method: "PUT", headers: { "x-amz-bucket-object-lock-enabled": "true" } });
  }

  async plainBucket(): Promise<void> {
    await this.must({ method: "PUT" });
  }

  /** A single PUT with Content-MD5; further headers win. Returns the version id. */
  async put(key: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.must({ method: "PUT", key, body, headers: { "content-md5": md5(body), ...headers } });
    return answer.headers["x-amz-version-id"] ?? "";
  }

  /** An XML body with Content-MD5, as the operations on settings want it. */
  async putXml(wish: Wish & { readonly body: string }): Promise<Answer> {
    return this.send({ method: "PUT", ...wish, headers: { "content-md5": md5(wish.body), ...wish.headers } });
  }

  /** Bucket policy of these statements; `BUCKET` stands for the bucket's ARN, `ARN(name)` for a user's. */
  async policy(...statements: readonly unknown[]): Promise<Answer> {
    const text = JSON.stringify({ Version: "2012-10-17", Statement: statements })
      .replaceAll("BUCKET", `arn:aws:s3:::${this.bucket}`)
      .replaceAll(/ARN\((\w+)\)/g, (_, name: string) => this.server.users[name]?.arn ?? "");
    return this.send({ method: "PUT", query: { policy: "" }, body: text });
  }
}

export function md5(body: string | Uint8Array): string {
  return createHash("md5").update(body).digest("base64");
}

/** `200`, or `403 AccessDenied`. */
export function outcome(answer: Answer): string {
  return answer.code === null ? String(answer.status) : `${answer.status} ${answer.code}`;
}
