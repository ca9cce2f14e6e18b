import type { IncomingMessage } from "node:http";
import { S3Error } from "./s3-error.ts";

/** A request taken apart; the body is as it came over the wire. */
export interface S3Request {
  readonly method: string;
  /** Decoded, beginning with `/`. */
  readonly path: string;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly queryList: readonly (readonly [string, string])[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Objects are held in memory. */
const MAX_BODY = 256 * 1024 * 1024;
const MAX_KEY = 1024;

export async function readRequest(message: IncomingMessage): Promise<S3Request> {
  const [rawPath = "/", rawQuery = ""] = (message.url ?? "/").split(/\?(.*)/s, 2);
  const path = decode(rawPath);
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (Buffer.byteLength(key) > MAX_KEY) throw new S3Error("KeyTooLongError", "Your key is too long");
  const queryList = rawQuery
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const [name = "", value = ""] = part.split(/=(.*)/s, 2);
      return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))] as const;
    });
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return { method: message.method ?? "GET", path, bucket, key, query: new Map(queryList), queryList, headers, body };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidArgument", "The URI is not well-formed");
  }
}
