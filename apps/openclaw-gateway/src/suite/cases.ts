import { DECISION_CASES } from "./families/decisions.ts";
import { HTTP_CASES } from "./families/http.ts";
import { NEIGHBOR_CASES } from "./families/neighbors.ts";
import { NESTING_CASES } from "./families/nesting.ts";
import { HANGING_STORE_CASES, OWN_PART_CASES } from "./families/own-parts.ts";
import { PROCESS_CASES } from "./families/processes.ts";
import type { SuiteCase } from "./suite-case.ts";

/** The cases that are data: what one gateway start serves. */
export const GATEWAY_CASES: readonly SuiteCase[] = [
  ...DECISION_CASES,
  ...HTTP_CASES,
  ...NEIGHBOR_CASES,
  ...NESTING_CASES,
];

/** The cases of a gateway whose ProClaw fails inside. */
export const FAULT_CASES: readonly SuiteCase[] = [...OWN_PART_CASES, ...HANGING_STORE_CASES];

/** Names of all cases, in the order of the table in docs/openclaw.md. */
export const CASE_IDS: readonly string[] = [...GATEWAY_CASES, ...FAULT_CASES, ...PROCESS_CASES].map(({ id }) => id);
