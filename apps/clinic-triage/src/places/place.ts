import type { AuditSource, RecordStore } from "@proclaw/core";
import type { Check } from "../report.ts";

/** Where the demo keeps its trail, and what somebody can do there who is no friend. */
export interface TrailPlace {
  /** Name to show, and to give to `proclaw audit verify`. */
  readonly name: string;
  /** What `openGuard` takes. */
  readonly store: string | RecordStore;
  /** Folder of the public keys. */
  readonly keys: string;
  /** Everything is where it shall end up; closes what the guard left open. */
  settle(): Promise<void>;
  /** What an auditor reads. */
  source(): Promise<AuditSource>;
  /** Names of all things kept here, and their bytes. */
  contents(): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]>;
  /** Level that the trail reaches here. */
  readonly level: "L1" | "L2";
  /** Puts other bytes under a name of {@link contents}, below all interfaces. */
  replace(name: string, bytes: Buffer): Promise<void>;
  /** What else is to be shown of this place. */
  extraChecks(verdict: () => Promise<string>): Promise<readonly Check[]>;
  close(): Promise<void>;
}

/** The place by the name that `--store` takes. */
export type PlaceName = "file" | "postgres" | "s3";
