import { describe, expect, it } from "vitest";
import { decoded } from "./encoded-list.ts";

describe("decoded", () => {
  const page = { EncodingType: "url", IsTruncated: true, Versions: [{ Key: "a%2Fb" }, { Key: "a%2F%2Bc+d%01" }] };

  it.each([["a%2F%2Bc+d%01"], ["a/+c d\u0001"]])(
    "takes a marker that is encoded, and one that is not: %j",
    (marker) => {
      // The greatest key is the last of the page.
      const versions = [{ Key: "a%2F%2Bc+d%01" }, { Key: "a%2F%2Bc" }];
      const { Versions, NextKeyMarker } = decoded({ ...page, Versions: versions, NextKeyMarker: marker });
      expect(Versions?.map(({ Key }) => Key)).toEqual(["a/+c d\u0001", "a/+c"]);
      expect(NextKeyMarker).toBe("a/+c d\u0001");
    },
  );

  it("leaves a list alone that does not say that it is encoded", () => {
    const plain = { IsTruncated: true, Versions: [{ Key: "a%2Fb" }], NextKeyMarker: "a%2Fb" };
    expect(decoded(plain)).toMatchObject({ Versions: [{ Key: "a%2Fb" }], NextKeyMarker: "a%2Fb" });
  });

  it("refuses a marker that leads past keys, and what is not encoded", () => {
    expect(() => decoded({ ...page, NextKeyMarker: "a/z" })).toThrow("does not go on where its page ended");
    expect(() => decoded({ EncodingType: "url", Versions: [{ Key: "%E9" }] })).toThrow("not encoded as it says");
  });
});
