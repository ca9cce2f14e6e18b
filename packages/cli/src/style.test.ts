import { describe, expect, it } from "vitest";
import { memoryIo } from "./fixtures/memory-io.ts";
import { painter, wantsColor } from "./style.ts";

describe("wantsColor", () => {
  const color = (tty: boolean, env: Record<string, string>): boolean => {
    const { io } = memoryIo({ tty, env });
    return wantsColor(io.stdout, io.env);
  };

  it.each([
    [false, {}, false],
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
  ])("terminal %s, %j: %s", (tty, env, expected) => {
    expect(color(tty, env)).toBe(expected);
  });

  it("paints only where it is wanted", () => {
    const { io } = memoryIo({ env: { FORCE_COLOR: "1" } });
    expect(painter(io.stdout, io.env)("bad", "x")).toBe("\u001b[31mx\u001b[39m");
    expect(painter(io.stdout, {})("bad", "x")).toBe("x");
  });
});
