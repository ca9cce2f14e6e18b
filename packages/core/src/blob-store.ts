import type { SpecVersion } from "./spec-version.ts";

/** Keeps payloads that are too large or too personal for the trail itself. */
export interface BlobStore {
  readonly specVersion: SpecVersion;
  /** Resolves when the bytes are durable. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  /** Resolves when the bytes are gone for good. */
  erase(key: string): Promise<void>;
}
