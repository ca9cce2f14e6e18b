import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import { appendCases } from "./append-cases.ts";
import type { Bench } from "./bench.ts";
import { deathCases, durabilityCases, recoverCases, tornCases } from "./durability-cases.ts";
import { leaseCases, takeOverCases } from "./lease-cases.ts";
import type { AuditStoreKitOptions } from "./options.ts";
import { quietReadingCases, readingCases } from "./reading-cases.ts";
import type { TestLog } from "./records.ts";

/**
 * Cases that every `AuditStore` passes, whatever it is made of. `options` say which of them apply.
 *
 * Run them against throw-away places only: they write thousands of records.
 */
export function auditStoreKit(options: AuditStoreKitOptions): ConformanceCase[] {
  const can = new Set(options.can);
  const durable = options.durable ?? true;
  return [
    ...appendCases(options),
    ...leaseCases(options),
    ...readingCases(options),
    ...recoverCases(options),
    ...(can.has("fingerprint") ? quietReadingCases(options) : []),
    ...(durable ? durabilityCases(options) : []),
    ...(can.has("kill") ? takeOverCases(options, kill) : []),
    ...(can.has("kill") && durable ? deathCases(options, kill) : []),
    ...(can.has("kill") && can.has("tear") ? tornCases(options, kill) : []),
  ];
}

async function kill(bench: Bench, log: TestLog): Promise<void> {
  assert.ok(bench.place.kill, "`can` promises `kill`, and the place has none");
  await bench.place.kill(log.store);
}
