export { adapterKit } from "./adapter/kit.ts";
export type {
  AdapterAnswer,
  AdapterCallOptions,
  AdapterKitOptions,
  AdapterParts,
  AdapterSession,
  KitTool,
  OtherPlugin,
} from "./adapter/options.ts";
export type { ConformanceCase } from "./case.ts";
export { auditStoreKit } from "./store/kit.ts";
export { createMemoryStore, memoryPlace } from "./store/memory-store.ts";
export type { MemoryPlace } from "./store/memory-store.ts";
export type { AuditStoreKitOptions, StoreUnderTest } from "./store/options.ts";
export { policyCases } from "./policy/cases.ts";
export type { PolicyCase } from "./policy/cases.ts";
export { generateCall } from "./policy/generate-call.ts";
export type { GeneratedCall } from "./policy/generate-call.ts";
export { generatePolicy, generateTools } from "./policy/generate-policy.ts";
export { createRandom } from "./policy/random.ts";
export type { Random } from "./policy/random.ts";
export { createReference } from "./policy/reference.ts";
export type { ReferenceDecision, ReferenceOptions, ReferenceRequest } from "./policy/reference.ts";
export { TABLE_CELLS } from "./policy/truth.ts";
