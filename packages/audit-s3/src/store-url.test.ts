import { describe, expect, it } from "vitest";
import { parseStoreUrl } from "./store-url.ts";

describe("parseStoreUrl", () => {
  it.each([
    ["s3://evidence", { place: { bucket: "evidence", prefix: "" }, clientConfig: {} }],
    ["s3://evidence/clinic/a/", { place: { bucket: "evidence", prefix: "clinic/a" }, clientConfig: {} }],
    [
      "s3://evidence/a?region=eu-central-1&endpoint=http%3A%2F%2F127.0.0.1%3A9000&path_style=false&profile=audit",
      {
        place: { bucket: "evidence", prefix: "a" },
        clientConfig: {
          region: "eu-central-1",
          endpoint: "http://127.0.0.1:9000",
          forcePathStyle: false,
          profile: "audit",
        },
      },
    ],
    [
      "s3://evidence/a?endpoint=ceph.example:8080&expected_owner=123456789012",
      {
        place: { bucket: "evidence", prefix: "a" },
        clientConfig: { endpoint: "https://ceph.example:8080" },
        expectedOwner: "123456789012",
      },
    ],
  ])("reads %s", (url, expected) => {
    expect(parseStoreUrl(url)).toEqual(expected);
  });

  it.each([
    ["s3:", "a store in S3 is named"],
    ["s3://", "a store in S3 is named"],
    ["s3://evidence/a#b", "a store in S3 is named"],
    ["https://evidence/a", "a store in S3 is named"],
    ["s3://key:secret@evidence/a", "credentials do not belong into a URL"],
    ["s3://evidence/a?retention=1", "has no setting `retention`"],
    ["s3://evidence/a?region=", "`region` is empty"],
    ["s3://evidence/a?region=x&region=y", "named twice"],
    ["s3://evidence/a?path_style=yes", "`path_style` is"],
    ["s3://evidence/a?endpoint=ftp://x", "`endpoint` is"],
    ["s3://evidence/a?endpoint=http://u:p@x", "`endpoint` is"],
    ["s3://evidence/a%ZZ", "not well escaped"],
    ["s3://evidence/a b", "the prefix may hold"],
    ["s3://evidence/a//b", "the prefix may hold"],
  ])("refuses %s", (url, why) => {
    expect(() => parseStoreUrl(url)).toThrow(why);
  });
});
