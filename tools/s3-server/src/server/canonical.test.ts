import { describe, expect, it } from "vitest";
import { sha256Hex, signature, uriEncode, uriEncodePath } from "./canonical.ts";

/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SCOPE = { timestamp: "20130524T000000Z", region: "us-east-1" };
const COMMON = { host: "examplebucket.s3.amazonaws.com", "x-amz-date": SCOPE.timestamp };
const NOTHING = sha256Hex("");
const BODY = sha256Hex("Welcome to Amazon S3.");

describe("AWS's own examples", () => {
  it.each([
    {
      name: "GET Object",
      method: "GET",
      path: "/test.txt",
      query: [] as [string, string][],
      headers: { range: "bytes=0-9" },
      payloadHash: NOTHING,
      expected: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
    {
      name: "PUT Object",
      method: "PUT",
      path: "/test$file.text",
      query: [] as [string, string][],
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      payloadHash: BODY,
      expected: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    },
    {
      name: "GET Bucket Lifecycle",
      method: "GET",
      path: "/",
      query: [["lifecycle", ""]] as [string, string][],
      headers: {},
      payloadHash: NOTHING,
      expected: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    },
    {
      name: "List Objects, parameters in another order",
      method: "GET",
      path: "/",
      query: [
        ["prefix", "J"],
        ["max-keys", "2"],
      ] as [string, string][],
      headers: {},
      payloadHash: NOTHING,
      expected: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    },
  ])("$name", ({ expected, headers, ...parts }) => {
    const all: Record<string, string> = { ...COMMON, ...headers, "x-amz-content-sha256": parts.payloadHash };
    const signedHeaders = Object.keys(all).sort();
    expect(signature(SECRET, SCOPE, { ...parts, headers: all, signedHeaders })).toBe(expected);
  });
});

it("encodes everything but unreserved characters, and keeps the slashes of a path", () => {
  expect(uriEncode("a-b_c.d~e f/ü!'()*")).toBe("a-b_c.d~e%20f%2F%C3%BC%21%27%28%29%2A");
  expect(uriEncodePath("/a b/ü")).toBe("/a%20b/%C3%BC");
});
