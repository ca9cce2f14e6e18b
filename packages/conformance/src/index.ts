export type { ConformanceCase } from "./case.ts";
export { auditStoreKit } from "./store/kit.ts";
export { createMemoryStore, memoryPlace } from "./store/memory-store.ts";
export type { MemoryPlace } from "./store/memory-store.ts";
export type { AuditStoreKitOptions, StoreUnderTest } from "./store/options.ts";
