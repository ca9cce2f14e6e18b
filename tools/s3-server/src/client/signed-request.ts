import { request as httpRequest } from "node:http";
import { scopeOf, sha256Hex, signature, uriEncode, uriEncodePath } from "../server/canonical.ts";

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface SignedRequest {
  readonly method: string;
  /** Decoded path, beginning with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Value of `x-amz-content-sha256` instead of the body's hash. */
  readonly payloadHash?: string;
  /** How much later than now the request claims to be made. */
  readonly clockOffsetMs?: number;
  /** Sends the body in chunks of HTTP/1.1, without its length. */
  readonly chunked?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Error code of the XML body, or null. */
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends one request exactly as told, signed (or unsigned with `null`): an SDK adds headers,
 * corrects clocks and retries, which hides what a server does.
 */
export async function signedRequest(
  endpoint: string,
  region: string,
  credentials: Credentials | null,
  wanted: SignedRequest,
  host: string = new URL(endpoint).host,
): Promise<Answer> {
  const url = new URL(endpoint);
  const body = typeof wanted.body === "string" ? Buffer.from(wanted.body) : (wanted.body ?? Buffer.alloc(0));
  const query = Object.entries(wanted.query ?? {});
  const timestamp = new Date(Date.now() + (wanted.clockOffsetMs ?? 0)).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const headers: Record<string, string> = {
    ...wanted.headers,
    host,
    "x-amz-date": timestamp,
    "x-amz-content-sha256": wanted.payloadHash ?? sha256Hex(body),
  };
  if (credentials !== null) {
    const scope = { timestamp, region };
    const signedHeaders = Object.keys(headers).sort();
    const payloadHash = headers["x-amz-content-sha256"] ?? "";
    const parts = { method: wanted.method, path: wanted.path, query, headers, signedHeaders, payloadHash };
    headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKey}/${scopeOf(scope)}, ` +
      `SignedHeaders=${signedHeaders.join(";")}, Signature=${signature(credentials.secretKey, scope, parts)}`;
  }
  if (!wanted.chunked) headers["content-length"] = String(body.length);
  const search = query.map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).join("&");
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method: wanted.method,
        path: uriEncodePath(wanted.path) + (search === "" ? "" : `?${search}`),
        headers,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            code: /<Error>.*?<Code>([^<]*)<\/Code>/s.exec(answer.toString())?.[1] ?? null,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [
                name,
                Array.isArray(value) ? value.join(",") : (value ?? ""),
              ]),
            ),
            body: answer,
          });
        });
      },
    );
    sent.on("error", reject);
    if (wanted.chunked) {
      sent.write(body);
      sent.end();
    } else sent.end(body);
  });
}
