import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Clock } from "@proclaw/core";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => process.hrtime.bigint(),
};

/**
 * Names the boot that monotonic times belong to. Only Linux tells; elsewhere every process counts
 * as a boot of its own, so that times of two processes are never compared by mistake.
 */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID();
  }
}
