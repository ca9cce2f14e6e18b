/** SQLSTATEs that our own functions raise. Class `PC` is nobody's. */
export const SQL_STATE = {
  leaseLost: "PC001",
  headMismatch: "PC002",
  invalidRecord: "PC003",
  otherCheckpoint: "PC004",
  leaseHeld: "PC005",
  /** A guard refused to change or remove what is kept. */
  kept: "PC006",
  notReady: "PC007",
} as const;
