import { describe, expect, it } from "vitest";
import { memoryIo } from "./fixtures/memory-io.ts";
import { progressLine } from "./progress-line.ts";

describe("progressLine", () => {
  const at = (tty: boolean, total: number | null) => {
    const memory = memoryIo({ tty });
    let time = 0;
    const progress = progressLine(memory.io, total, () => time);
    return {
      memory,
      progress,
      show: (ms: number, records: number, bytes: number): void => {
        time = ms;
        progress.show({ log: "l", records, bytes });
      },
    };
  };

  it("shows records, rate and time left on a terminal, and wipes itself", async () => {
    const { memory, progress, show } = at(true, 40e6);
    show(500, 10, 10);
    expect(memory.stderr()).toBe("");
    show(2_000, 1_000_000, 10e6);
    expect(memory.stderr()).toBe("\r\u001b[2Kverifying: 1 000 000 records, 10 MB, 500 000 records/s, 6 s left");
    show(2_100, 1_000_001, 10e6);
    expect(memory.stderr()).not.toContain("1 000 001");
    await progress.clear();
    expect(memory.stderr()).toContain("6 s left\r\u001b[2K");
  });

  it("shows no time left where the end is not known", () => {
    const { memory, show } = at(true, null);
    show(2_000, 1, 1);
    expect(memory.stderr()).not.toContain("left");
  });

  it("is silent without a terminal", async () => {
    const { memory, progress, show } = at(false, 10);
    show(5_000, 1, 1);
    await progress.clear();
    expect(memory.stderr()).toBe("");
  });
});
