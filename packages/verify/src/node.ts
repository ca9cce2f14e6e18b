export { nodeEd25519Verify } from "./node-ed25519.ts";
export { nodeHasher } from "./node-hasher.ts";
export { serveLogs, verifyTrailParallel } from "./parallel.ts";
export type { ParallelVerifyOptions } from "./parallel.ts";
