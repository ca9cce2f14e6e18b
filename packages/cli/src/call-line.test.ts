import { describe, expect, it } from "vitest";
import { readCall } from "./call-line.ts";

const read = (text: string | Uint8Array): ReturnType<typeof readCall> =>
  readCall(typeof text === "string" ? Buffer.from(text) : text, () => 1_000);

describe("readCall", () => {
  it("reads a whole call", () => {
    const context = {
      agent_id: "a",
      principal: { sub: "s", roles: [] },
      variables: { x: [1] },
      now: "1970-01-01T00:00:01Z",
    };
    const facts = { paths: { "/a": "/b" } };
    expect(read(JSON.stringify({ tool: "t", args: { a: 1 }, context, facts, call_id: "c" }))).toEqual({
      ok: true,
      request: { call: { tool: "t", args: { a: 1 }, call_id: "c" }, context, facts, now: 1_000 },
    });
  });

  it("takes the clock only where the call says no time", () => {
    expect(read('{"tool":"t","args":{}}')).toMatchObject({ ok: true, request: { now: 1_000, context: {}, facts: {} } });
    expect(read('{"tool":"t","args":{},"context":{"now":"1970-01-01T00:00:02Z"}}')).toMatchObject({
      request: { now: 2_000 },
    });
  });

  it.each([
    ["", "the text is not JSON"],
    ["[]", "the call is not a JSON object"],
    ["null", "the call is not a JSON object"],
    ["{}", "`tool` is not a string"],
    ['{"tool":1,"args":{}}', "`tool` is not a string"],
    ['{"tool":"t"}', "`args` is not an object"],
    ['{"tool":"t","args":[]}', "`args` is not an object"],
    ['{"tool":"t","args":null}', "`args` is not an object"],
    ['{"tool":"t","args":{},"contxt":{}}', "the call has an unknown member"],
    ['{"tool":"t","args":{},"__proto__":{"context":{}}}', "the call has an unknown member"],
    ['{"tool":"t","args":{},"context":{"agent":"a"}}', "`context` has an unknown member"],
    ['{"tool":"t","args":{},"context":{"__proto__":{}}}', "`context` has an unknown member"],
    ['{"tool":"t","args":{},"context":{"principal":{"role":"a"}}}', "`context.principal` has an unknown member"],
    ['{"tool":"t","args":{},"facts":{"path":{}}}', "`facts` has an unknown member"],
    ['{"tool":"t","args":{},"context":null}', "`context` is not an object"],
    ['{"tool":"t","args":{},"context":"x"}', "`context` is not an object"],
    ['{"tool":"t","args":{},"facts":[]}', "`facts` is not an object"],
    ['{"tool":"t","args":{},"call_id":7}', "`call_id` is not a string"],
    ['{"tool":"t","args":{},"context":{"now":"yesterday"}}', "`context.now` is not an RFC 3339 time"],
    ['{"tool":"t","args":{},"context":{"now":0}}', "`context.now` is not an RFC 3339 time"],
    ['{"tool":"t","args":{"a":1,"a":2}}', "an object has two members of one name"],
    ['{"tool":"t","args":{"a":"\\ud800"}}', "a string holds a lone surrogate"],
  ])("%s is refused: %s", (text, why) => {
    expect(read(text)).toEqual({ ok: false, code: "invalid_call", why });
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(read(Uint8Array.from([0x7b, 0xff, 0x7d]))).toEqual({
      ok: false,
      code: "invalid_call",
      why: "the bytes are not UTF-8",
    });
  });

  it("says that nesting beyond every limit is too much, as the engine says of less", () => {
    const deep = `{"tool":"t","args":{"a":${"[".repeat(1_000)}${"]".repeat(1_000)}}}`;
    expect(read(deep)).toMatchObject({ ok: false, code: "argument_too_large" });
  });
});
