export type { ConformanceCase } from "./case.ts";
export { auditStoreKit } from "./store/kit.ts";
export { createMemoryStore, memoryPlace } from "./store/memory-store.ts";
export type { MemoryPlace } from "./store/memory-store.ts";
export type { AuditStoreKitOptions, StoreUnderTest } from "./store/options.ts";
export { policyCases } from "./policy/cases.ts";
export type { PolicyCase } from "./policy/cases.ts";
export { referenceDecide } from "./policy/reference.ts";
export type { ReferenceDecision, ReferenceRequest } from "./policy/reference.ts";
