import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MANNERS } from "./manner.ts";
import { readPayload } from "./payload.ts";
import type { S3Request } from "./request.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64");

function streamed(body: string, length: number, headers: Record<string, string> = {}): S3Request {
  return {
    method: "PUT",
    path: "/b/k",
    bucket: "b",
    key: "k",
    query: new Map(),
    queryList: [],
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(length),
      ...headers,
    },
    body: Buffer.from(body),
  };
}

describe("aws-chunked", () => {
  const trailer = `x-amz-checksum-sha256:${sha256("hello world")}`;

  it("joins chunks and verifies the trailer", () => {
    const request = streamed(`6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n${trailer}\r\n\r\n`, 11, {
      "x-amz-trailer": "x-amz-checksum-sha256",
    });
    const payload = readPayload(request, MANNERS.aws);
    expect(payload.bytes.toString()).toBe("hello world");
    expect(payload.checksums).toEqual({ sha256: sha256("hello world") });
  });

  it.each([
    ["cut in a chunk", "b\r\nhello", 11, "IncompleteBody"],
    ["cut before the last chunk", "5\r\nhello\r\n", 5, "IncompleteBody"],
    ["of another length than told", "5\r\nhello\r\n0\r\n\r\n", 6, "IncompleteBody"],
    ["without sizes", "hello", 5, "IncompleteBody"],
    ["with a wrong checksum", `5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`, 5, "BadDigest"],
  ])("refuses a body %s", (_, body, length, code) => {
    expect(() => readPayload(streamed(body, length), MANNERS.aws)).toThrow(expect.objectContaining({ code }));
  });

  it("refuses a body without the trailer that was announced, and signed chunks", () => {
    const body = "5\r\nhello\r\n0\r\n\r\n";
    const announced = streamed(body, 5, { "x-amz-trailer": "x-amz-checksum-crc32" });
    expect(() => readPayload(announced, MANNERS.aws)).toThrow(expect.objectContaining({ code: "IncompleteBody" }));
    const signed = streamed(body, 5, { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" });
    expect(() => readPayload(signed, MANNERS.aws)).toThrow(expect.objectContaining({ code: "NotImplemented" }));
  });
});

it("checksums: right ones are kept, wrong ones refused, unknown ones answered 501, names of settings ignored", () => {
  const plain = (headers: Record<string, string>) =>
    readPayload(
      { ...streamed("hello", 5), headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...headers } },
      MANNERS.aws,
    );
  expect(plain({ "x-amz-checksum-crc32": "NhCmhg==", "x-amz-checksum-algorithm": "CRC32" }).checksums).toEqual({
    crc32: "NhCmhg==",
  });
  expect(plain({}).hasDigest).toBe(false);
  expect(() => plain({ "x-amz-checksum-crc32": "AAAAAA==" })).toThrow(expect.objectContaining({ code: "BadDigest" }));
  expect(() => plain({ "x-amz-checksum-crc64nvme": "x" })).toThrow(expect.objectContaining({ code: "NotImplemented" }));
});
