/** What the switches in instrumented sources look at, at `globalThis.proclawMutation`. */
export interface Control {
  /** The mutant that is switched on; -1 for none. */
  active: number;
  /** How often it may still be reached: it ends loops that never would. */
  left: number;
  /** By mutant, how often it was reached; null: nobody counts. */
  counts: Uint32Array | null;
}

/** For this process; must be called before an instrumented source is loaded. */
export function createControl(): Control {
  const control: Control = { active: -1, left: 0, counts: null };
  Object.assign(globalThis, { proclawMutation: control });
  return control;
}
