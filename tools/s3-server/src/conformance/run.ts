import { runCase } from "./case.ts";
import type { ConformanceCase } from "./case.ts";
import { Target } from "./target.ts";
import type { Server } from "./target.ts";

/** What came out of each case, in their order. A case that could not be carried out says why. */
export async function runCases(cases: readonly ConformanceCase[], server: Server): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (const testCase of cases) {
    try {
      outcomes.push(await runCase(testCase, new Target(server)));
    } catch (error) {
      outcomes.push(`failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return outcomes;
}

/** Outcomes of all cases on one server. */
export interface Column {
  readonly title: string;
  readonly outcomes: readonly string[];
  readonly expected: (testCase: ConformanceCase) => string;
}

export const onAws = (testCase: ConformanceCase): string => testCase.aws;
export const onCeph = (testCase: ConformanceCase): string => testCase.ceph ?? testCase.aws;

/** Every case in which a server does not do what the case says of it, as lines of text. */
export function differences(cases: readonly ConformanceCase[], columns: readonly Column[]): string[] {
  return columns.flatMap(({ title, outcomes, expected }) =>
    cases.flatMap((testCase, index) => {
      const wanted = expected(testCase);
      const got = outcomes[index] ?? "not run";
      return got === wanted
        ? []
        : [`${title}: ${testCase.group}: ${testCase.title}: \`${got}\` instead of \`${wanted}\``];
    }),
  );
}
