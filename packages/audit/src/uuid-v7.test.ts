import { isLogId } from "@proclaw/verify";
import { describe, expect, it } from "vitest";
import { uuidV7Source } from "./uuid-v7.ts";

describe("uuidV7Source", () => {
  it("makes UUIDs of version 7 that carry the time", () => {
    const next = uuidV7Source(() => 0x0123_4567_89ab);
    const id = next();
    expect(id.startsWith("01234567-89ab-7")).toBe(true);
    expect(isLogId(id)).toBe(true);
  });

  it("rises within a millisecond, over its counter's end, and when the clock steps back", () => {
    let now = 1_800_000_000_000;
    const next = uuidV7Source(() => now);
    const ids = Array.from({ length: 10_000 }, next);
    now -= 5000;
    ids.push(...Array.from({ length: 10_000 }, next));
    now += 100_000;
    ids.push(next());
    expect(ids.every(isLogId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted());
  });
});
