import { randomBytes } from "node:crypto";
import type { Policy } from "./policy.ts";

export type LockMode = "GOVERNANCE" | "COMPLIANCE";

export interface Retention {
  readonly mode: LockMode;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface DefaultRule {
  readonly mode: LockMode;
  readonly unit: "Days" | "Years";
  readonly count: number;
}

/** One version of a key, or a delete marker. Its body is open to tests that tamper below the interface. */
export interface ObjectVersion {
  readonly key: string;
  /** `null` in a bucket that never had versioning. */
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly lastModified: number;
  body: Buffer;
  etag: string;
  /** Headers that GET and HEAD give back as they came: type, encoding, user metadata, encryption. */
  readonly headers: Readonly<Record<string, string>>;
  /** By algorithm: `sha256` → base64. */
  readonly checksums: Readonly<Record<string, string>>;
  retention: Retention | null;
  legalHold: "ON" | "OFF" | null;
}

export class Bucket {
  readonly name: string;
  readonly owner: string;
  readonly created: number;
  versioning: "Off" | "Enabled" | "Suspended" = "Off";
  lockEnabled = false;
  defaultRule: DefaultRule | null = null;
  policy: Policy | null = null;
  /** Versions of each key, newest first. */
  readonly objects: Map<string, ObjectVersion[]> = new Map();

  constructor(name: string, owner: string, created: number) {
    this.name = name;
    this.owner = owner;
    this.created = created;
  }

  /** Keys in the order of their UTF-8 bytes, which is the order of every listing. */
  sortedKeys(): string[] {
    return [...this.objects.keys()].sort(compareUtf8);
  }

  versions(key: string): readonly ObjectVersion[] {
    return this.objects.get(key) ?? [];
  }

  current(key: string): ObjectVersion | undefined {
    return this.objects.get(key)?.[0];
  }

  find(key: string, versionId: string): ObjectVersion | undefined {
    return this.versions(key).find((version) => version.versionId === versionId);
  }

  /** Puts a version in front; without versioning it takes the place of the one called `null`. */
  add(version: ObjectVersion): void {
    const others = this.versions(version.key).filter(
      (other) => version.versionId !== "null" || other.versionId !== "null",
    );
    this.objects.set(version.key, [version, ...others]);
  }

  remove(version: ObjectVersion): void {
    const rest = this.versions(version.key).filter((other) => other !== version);
    if (rest.length === 0) this.objects.delete(version.key);
    else this.objects.set(version.key, rest);
  }

  newVersionId(): string {
    return this.versioning === "Enabled" ? randomBytes(24).toString("base64url") : "null";
  }
}

export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
