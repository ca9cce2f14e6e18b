/**
 * Caps of the pattern engine. They bound the time to compile a pattern and the size of its table,
 * so that a policy can neither hang its compiler nor fill the agent's memory. The run time needs no
 * cap: it is one table step per code point whatever the pattern.
 */
/** UTF-16 code units of a pattern's source. */
export const MAX_SOURCE_LENGTH = 4_096;
/** Opening parentheses, and opening brackets: bounds the recursion of the parser and of the compiler. */
export const MAX_GROUPS = 256;
/** Count in a quantifier, `x{count}`. More than a 64 KiB string has characters could never match. */
export const MAX_REPEAT = 65_536;
/** Different Unicode properties of a pattern: each is asked for all code points (up to 50 ms, once a process). */
export const MAX_PROPERTIES = 16;
/** States of the nondeterministic automaton, after counted repeats are written out. */
export const MAX_NFA_STATES = 8_192;
/** States that subset construction may make before minimization. */
export const MAX_SUBSET_STATES = 4_096;
/** Elementary steps of subset construction; about 10 ns each. */
export const MAX_SUBSET_WORK = 4_000_000;
/** States of the minimal automaton. */
export const MAX_STATES = 2_000;
/** Kinds of characters (equivalence classes of code points), so that a class fits in a byte. */
export const MAX_CLASSES = 256;
/** Cells of the transition table, states × classes: row offsets then fit in 16 bits (128 KiB). */
export const MAX_CELLS = 65_536;
/**
 * UTF-16 code units of a text that `contains` looks for with `String.prototype.includes`, whose
 * worst case is the product of both lengths. Longer texts get an automaton.
 */
export const MAX_CONTAINS_LENGTH = 32;

export const MAX_CODE_POINT = 0x10ffff;
