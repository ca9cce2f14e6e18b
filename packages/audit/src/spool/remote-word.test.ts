import { describe, expect, it } from "vitest";
import { bounded, NONE } from "./remote-word.ts";

describe("receipts", () => {
  it("count up to what the local log holds, and not at all beyond it", () => {
    const said = { size: 4, checkpoint: 4 };
    expect(bounded(said, 4)).toBe(said);
    expect(bounded(said, 5)).toBe(said);
    expect(bounded(said, 3)).toBe(NONE);
    expect(bounded({ size: 9e15, checkpoint: 0 }, 4)).toBe(NONE);
    expect(bounded({ size: 4, checkpoint: 5 }, 9)).toBe(NONE);
  });
});
