/** As much of vitest as the engine's tests use: tests are collected, and can be run any number of times. */
export { expect } from "vitest";

export interface CollectedTest {
  readonly name: string;
  readonly run: () => unknown;
}

type Body = (...args: never[]) => unknown;

let collected: CollectedTest[] = [];
let path: readonly string[] = [];

/** The tests that were declared since the last time. */
export function takeCollected(): readonly CollectedTest[] {
  const taken = collected;
  collected = [];
  return taken;
}

function declare(name: string, body: () => unknown): void {
  collected.push({ name: [...path, name].join(" > "), run: body });
}

function each(cases: readonly unknown[]): (name: string, body: Body) => void {
  return (name, body) => {
    cases.forEach((one, index) => {
      const args = (Array.isArray(one) ? one : [one]) as never[];
      declare(`${name} [${index}]`, () => body(...args));
    });
  };
}

function skipIf(condition: unknown): (name: string, body: Body) => void {
  return (name, body) => {
    if (!condition) declare(name, () => body());
  };
}

interface Declare {
  (name: string, body: Body): void;
  readonly each: typeof each;
  readonly skipIf: (condition: unknown) => (name: string, body: Body) => void;
}

function declaring(): Declare {
  return Object.assign((name: string, body: Body) => declare(name, () => body()), { each, skipIf });
}

export const test: Declare = declaring();
export const it: Declare = declaring();

export function describe(name: string, body: () => void): void {
  const outer = path;
  path = [...outer, name];
  try {
    body();
  } finally {
    path = outer;
  }
}
