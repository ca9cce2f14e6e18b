/*
 * policy-language.md, "Which rules match". A condition is true, false or in error. `mistyped` is
 * the table's first row before it is known in which kind of rule the condition stands.
 */
export type ErrorKind = "unknown_variable" | "missing_fact" | "evaluation_error";
export type Truth = "true" | "false" | "mistyped" | ErrorKind;

/** The two columns of the table. */
export type Column = "allow" | "restrict";

const ERRORS: readonly Truth[] = ["unknown_variable", "missing_fact", "evaluation_error"];

export function isError(truth: Truth): truth is ErrorKind {
  return ERRORS.includes(truth);
}

/** One kind of error keeps its name; several at once are an `evaluation_error`. */
export function errorOf(truths: readonly Truth[]): ErrorKind | null {
  const kinds = new Set(truths.filter(isError));
  if (kinds.size > 1) return "evaluation_error";
  return [...kinds][0] ?? null;
}

export function fromBoolean(value: boolean): Truth {
  return value ? "true" : "false";
}

/** "argument has another type than the condition needs: false in an allow rule, true in a deny or approval rule" */
export function settle(truth: Truth, column: Column): Truth {
  if (truth !== "mistyped") return truth;
  return column === "allow" ? "false" : "true";
}

/**
 * "false as soon as one is false, whatever the order; else in error if one is in error; else true".
 * In an allow rule a wrong type goes first: it is false there too, and stays so under `not`.
 */
export function all(truths: readonly Truth[], column: Column): Truth {
  if (column === "allow" && truths.includes("mistyped")) return "mistyped";
  if (truths.includes("false")) return "false";
  const error = errorOf(truths);
  if (error !== null) return error;
  return truths.includes("mistyped") ? "mistyped" : "true";
}

/** The mirror image of {@link all}. */
export function any(truths: readonly Truth[], column: Column): Truth {
  if (truths.includes("true")) return "true";
  if (column === "restrict" && truths.includes("mistyped")) return "mistyped";
  const error = errorOf(truths);
  if (error !== null) return error;
  return truths.includes("mistyped") ? "mistyped" : "false";
}

/** "`not` over a mapping negates it (error stays error)"; a value of the wrong type does not become right by `not`. */
export function negate(truth: Truth): Truth {
  if (truth === "true") return "false";
  return truth === "false" ? "true" : truth;
}

/** The cells of the table that random calls have to reach. */
export const TABLE_CELLS: readonly string[] = [
  "another type",
  "absent, positive operator",
  "absent, negative operator",
  "null",
  "every on an empty array",
  "some on an empty array",
  "unknown identity",
  "unknown_variable",
  "missing_fact",
  "evaluation_error",
  "unlisted",
].flatMap((row) => [`${row}: allow`, `${row}: restrict`]);

/** Told of each cell of the table that an evaluation came to. */
export type Reached = (cell: string) => void;
