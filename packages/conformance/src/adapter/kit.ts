import type { ConformanceCase } from "../case.ts";
import { argumentCases } from "./argument-cases.ts";
import { concurrencyCases } from "./concurrency-cases.ts";
import { failureCases } from "./failure-cases.ts";
import { interferenceCases } from "./interference-cases.ts";
import type { AdapterKitOptions } from "./options.ts";
import { toolCases } from "./tool-cases.ts";
import { verdictCases } from "./verdict-cases.ts";

/**
 * Cases that every adapter passes, whatever its host is: what must not run does not, what runs was
 * decided and recorded first, and everything that fails on the way is a denial.
 *
 * Each case composes decision point and trail of its own with your guard, adapter and host, so the
 * kit shows what these do together, not what a policy says.
 */
export function adapterKit(options: AdapterKitOptions): ConformanceCase[] {
  return [
    ...verdictCases(options),
    ...toolCases(options),
    ...interferenceCases(options),
    ...failureCases(options),
    ...argumentCases(options),
    ...concurrencyCases(options),
  ];
}
