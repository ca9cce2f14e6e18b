/**
 * Values of a condition while it is judged. {@link MISTYPED} is what the policy language calls "the
 * argument has another type than the condition needs": in the end false in an allow rule and true
 * in a deny or approval rule, and `not` leaves it as it is. Readings of one value that disagree (a
 * path and where it really leads) are MISTYPED too, so that doubt always goes against the call.
 */
export const FALSE = 0;
export const TRUE = 1;
export const ERROR = 2;
export const MISTYPED = 3;
export type Truth = typeof FALSE | typeof TRUE | typeof ERROR | typeof MISTYPED;

/** Causes of an error, as bits: a rule's causes are a set, since conditions have no order. */
export const UNKNOWN_VARIABLE = 1;
export const MISSING_FACT = 2;
export const EVALUATION = 4;
export const TOO_LARGE = 8;

/**
 * Both must hold. In an allow rule MISTYPED comes first, since it makes the condition false
 * whatever the rest says; in a deny or approval rule it is as good as true.
 */
export function and(a: Truth, b: Truth, granting: boolean): Truth {
  if (granting && (a === MISTYPED || b === MISTYPED)) return MISTYPED;
  if (a === FALSE || b === FALSE) return FALSE;
  if (a === ERROR || b === ERROR) return ERROR;
  return a === MISTYPED || b === MISTYPED ? MISTYPED : TRUE;
}

/** The value that two readings of the same thing have together: doubt is MISTYPED. */
export function agree(a: Truth, b: Truth): Truth {
  if (a === b) return a;
  return a === ERROR || b === ERROR ? ERROR : MISTYPED;
}

export function not(a: Truth): Truth {
  return a === TRUE ? FALSE : a === FALSE ? TRUE : a;
}

export function truth(value: boolean): Truth {
  return value ? TRUE : FALSE;
}

/** What MISTYPED comes to in the end. */
export function settle(value: Truth, granting: boolean): typeof FALSE | typeof TRUE | typeof ERROR {
  return value === MISTYPED ? (granting ? FALSE : TRUE) : value;
}
