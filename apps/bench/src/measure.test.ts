import { expect, test } from "vitest";
import { interleave, median, quantile } from "./measure.ts";

test("quantile is the nearest rank, whatever the order", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantile(values, 0.5)).toBe(50);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile(values, 1)).toBe(100);
  expect(quantile([7], 0.01)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
  expect(median([3, 1, 2])).toBe(2);
});

test("candidates take turns, and the one that comes first changes from round to round", async () => {
  const order: string[] = [];
  const candidate = (name: string) => ({ name, run: () => void order.push(name) });
  const measured = await interleave([candidate("a"), candidate("b"), candidate("c")], 1, 3);
  // The first three warm up.
  expect(order.slice(3).join("")).toBe("abcbcacab");
  expect(measured.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(measured[0]?.ratio).toBe(1);
});
