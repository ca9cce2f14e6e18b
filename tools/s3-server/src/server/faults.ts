import { S3Error } from "./s3-error.ts";

/** What goes wrong with a request. */
export type FaultKind =
  /** The connection is reset and nothing was done. */
  | { readonly kind: "reset" }
  /** All is done, then the connection is reset: the client cannot know. */
  | { readonly kind: "lost_reply" }
  /** All is done, the answer comes late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** An error instead of doing anything. */
  | { readonly kind: "error"; readonly code: string }
  /** 409: another request for the same key runs. */
  | { readonly kind: "conflict" }
  /** No more room: 403 `QuotaExceeded`, as Ceph says it. */
  | { readonly kind: "full" }
  /** The server's time for signatures is wrong by so much. */
  | { readonly kind: "wrong_time"; readonly offsetMs: number };

export type Fault = FaultKind & {
  /** Requests that it hits (default: 1; `Infinity` until cleared). */
  readonly times?: number;
  /** Operations that it hits, as AWS names them: `PutObject` (default: every one). */
  readonly operations?: readonly string[];
};

/** Faults that wait for their request, in the order in which they were planted. */
export class Faults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  plant(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Faults that have not been used up. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** The fault that hits a request of this operation, if any. */
  take(operation: string): Fault | null {
    const found = this.#waiting.find(({ fault }) => fault.operations?.includes(operation) ?? true);
    if (found === undefined) return null;
    found.left--;
    if (found.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== found);
    return found.fault;
  }
}

/** The refusal that a fault is, or null where it is something else. */
export function faultError(fault: Fault | null): S3Error | null {
  switch (fault?.kind) {
    case "error":
      return new S3Error(fault.code, "planted fault");
    case "conflict":
      return new S3Error(
        "ConditionalRequestConflict",
        "The conditional request cannot succeed due to a conflicting operation",
      );
    case "full":
      return new S3Error("QuotaExceeded", "no more room");
    default:
      return null;
  }
}
