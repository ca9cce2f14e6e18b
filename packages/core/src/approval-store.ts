import type { SpecVersion } from "./spec-version.ts";

export interface ApprovalRequest {
  readonly id: string;
  /** Covers tool, canonical arguments, facts, agent, session, principal, call id and policy. */
  readonly digest: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
}

export interface ApprovalGrant {
  readonly requestId: string;
  readonly digest: string;
  readonly approver: string;
  readonly expiresAt: number;
  /** Signature of the approver over digest, approver and expiry. */
  readonly signature: Uint8Array;
}

/** Keeps approval requests and grants; a grant is consumed once, atomically. */
export interface ApprovalStore {
  readonly specVersion: SpecVersion;
  request(request: ApprovalRequest): Promise<void>;
  grant(grant: ApprovalGrant): Promise<void>;
  /** The grants for this request, consumed; empty if there are none or they were used before. */
  consume(requestId: string, now: number): Promise<readonly ApprovalGrant[]>;
}
