import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callFault, jsonFault } from "./call-fault.ts";

const fault = (text: string): string | null => callFault(Buffer.from(text));

describe("callFault", () => {
  it.each([
    ["{bad}", "the text is not JSON: it goes wrong at line 1, column 2"],
    ["garbage", "the text is not JSON: it goes wrong at line 1, column 1"],
    ['{"tool":"t",\n "args":{},}', "the text is not JSON: it goes wrong at line 2, column 12"],
    ['{"tool":"t"', "the text is not JSON: it ends too early, at line 1, column 12"],
    ['{"tool":"t","args":{},"contxt":{}}', "the call has an unknown member `contxt`: known are tool, args, context,"],
    [
      '{"tool":"t","args":{},"context":{"agent":"a"}}',
      "`context` has an unknown member `agent`: known are agent_id, session_id, principal,",
    ],
    [
      '{"tool":"t","args":{},"context":{"principal":{"role":"a"}}}',
      "`context.principal` has an unknown member `role`: known are sub, roles",
    ],
    ['{"tool":"t","args":{},"facts":{"path":{}}}', "`facts` has an unknown member `path`: known are paths"],
  ])("%s: %s", (text, words) => {
    expect(fault(text)).toContain(words);
  });

  it("adds nothing where the refusal says it all", () => {
    for (const text of ["[]", '{"tool":1,"args":{}}', '{"a":1,"a":2}']) expect(fault(text)).toBeNull();
    expect(callFault(Uint8Array.of(0xff))).toBeNull();
  });
});

describe("jsonFault", () => {
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it("property: finds a fault exactly where JSON.parse does", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\u0041"',
      '"\\x"',
      "1",
      "-",
      "1e5",
      "01",
      "true",
      "nul",
      " ",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.array(pieces, { maxLength: 10 }).map((parts) => parts.join("")),
        ),
        (text) => {
          expect(jsonFault(text) === null).toBe(isJson(text));
        },
      ),
      { seed: 1, numRuns: 2_000 },
    );
  });
});
