import type { Permit, Settlement } from "@proclaw/runtime";
import { expect, test } from "vitest";
import { detachImages, releasedResult } from "./results.ts";

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

const picture = { type: "image", data: "aGVsbG8=", mimeType: "image/png" } as const;
const returned = { toolCallId: "1", toolName: "view_image", args: {}, result: { content: [picture] } };
const permitWith = (...obligations: readonly { readonly type: string }[]) =>
  ({ decision: { obligations } }) as unknown as Permit;

test("pictures wait beside the guard, which sees their digest", () => {
  const { output, images } = detachImages(returned, permitWith());
  expect(JSON.stringify(output)).not.toContain(picture.data);
  expect(output.content).toEqual([{ ...picture, data: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }]);
  expect(releasedResult(released(output), images).content).toEqual([picture]);
});

test("a picture that the guard took out does not come back", () => {
  const { images } = detachImages(returned, permitWith());
  expect(releasedResult(released({ content: [] }), images).content).toEqual([]);
});

test("where the policy limits the output, pictures count", () => {
  const { output, images } = detachImages(returned, permitWith({ type: "output" }));
  expect(output.content).toEqual([picture]);
  expect(images.size).toBe(0);
});
