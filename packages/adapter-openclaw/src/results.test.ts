import type { Settlement } from "@proclaw/runtime";
import { expect, test } from "vitest";
import { releasedResult } from "./results.ts";

const meta = { effect: "allow" } as Settlement["meta"];
const released = (output: unknown): Settlement => ({ kind: "released", output, record: {} as never, meta });

test("content and details pass, with the decision beside them", () => {
  const output = Object.freeze({ content: Object.freeze([{ type: "text", text: "x" }]), details: { exitCode: 0 } });
  const result = releasedResult(released(output));
  expect(result).toEqual({ content: [{ type: "text", text: "x" }], details: { exitCode: 0, proclaw: meta } });
  // The host writes into results; the guard's copy is frozen.
  expect(Object.isFrozen(result.content)).toBe(false);
});

test("an output reduced to some members stays a result", () => {
  expect(releasedResult(released({ details: "kept" }))).toEqual({ content: [], details: "kept" });
});

test.each([[undefined], ["text"], [{ content: "text" }], [{ content: [{ type: "toolCall" }] }]])(
  "%j is no result: withheld",
  (output) => {
    expect(releasedResult(released(output)).content).toEqual([
      { type: "text", text: "proclaw: the output was withheld" },
    ]);
  },
);

test("withheld by the guard", () => {
  const settlement = { kind: "withheld", code: "output_withheld", message: "why", record: null, meta } as const;
  expect(releasedResult(settlement)).toMatchObject({ content: [{ text: "why" }], details: { status: "error" } });
});
