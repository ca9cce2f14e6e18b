/** What is wrong or doubtful in a policy. A closed union; a new code is a minor change. */
export const DIAGNOSTIC_CODES = [
  /** The text is not YAML 1.2, or uses a part of it that policies do not (tags, aliases that explode). */
  "syntax",
  "duplicate_key",
  "unknown_key",
  "missing_key",
  "wrong_type",
  "invalid_value",
  "duplicate_name",
  /** Two statements that cannot both hold. */
  "conflict",
  /** A bare string that may be meant as a pattern. */
  "looks_like_pattern",
  "invalid_pattern",
  "invalid_variable",
  /** `regex` in a deny or approval rule without `search`. */
  "unstated_search",
  "default_allow",
  /** An allow rule without any condition on every tool. */
  "allows_everything",
  /** No rule of the policy allows anything or asks for approval. */
  "denies_everything",
  /** A duration written as a bare number. */
  "unstated_unit",
  "extends_failed",
  "not_supported",
  "never_matches",
  "undeclared_zone",
  "undeclared_name",
  "missing_timezone",
  "default_not_last",
  "audit_mode",
  "internal",
] as const;
export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number];

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  /** Lower case, user input in backticks. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  /** JSON Pointer into the document. */
  readonly pointer?: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the place of a value, or of its key, in the source text. */
export type Locate = (path: readonly (string | number)[], target: "key" | "value") => Position | undefined;

/** Where in which document something stands. */
export class Place {
  readonly file: string | undefined;
  readonly path: readonly (string | number)[];
  readonly #locate: Locate | undefined;

  constructor(file: string | undefined, locate: Locate | undefined, path: readonly (string | number)[] = []) {
    this.file = file;
    this.#locate = locate;
    this.path = path;
  }

  at(...steps: readonly (string | number)[]): Place {
    return new Place(this.file, this.#locate, [...this.path, ...steps]);
  }

  /** It stands in a text that somebody wrote, not in data of a program. */
  get written(): boolean {
    return this.#locate !== undefined;
  }

  describe(target: "key" | "value"): Pick<Diagnostic, "file" | "line" | "column" | "pointer"> {
    return {
      ...(this.file === undefined ? {} : { file: this.file }),
      ...this.#locate?.(this.path, target),
      pointer: this.path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    };
  }
}

/** Collects all findings of a compilation, so that the author sees them at once. */
export class Findings {
  readonly #all: Diagnostic[] = [];
  #failed = false;

  error(place: Place, code: DiagnosticCode, message: string, hint?: string, target: "key" | "value" = "value"): void {
    this.#failed = true;
    this.#add("error", place, code, message, hint, target);
  }

  warn(place: Place, code: DiagnosticCode, message: string, hint?: string, target: "key" | "value" = "value"): void {
    this.#add("warning", place, code, message, hint, target);
  }

  add(diagnostic: Diagnostic): void {
    if (diagnostic.severity === "error") this.#failed = true;
    this.#all.push(diagnostic);
  }

  #add(
    severity: Diagnostic["severity"],
    place: Place,
    code: DiagnosticCode,
    message: string,
    hint: string | undefined,
    target: "key" | "value",
  ): void {
    this.#all.push({ severity, code, message, ...(hint === undefined ? {} : { hint }), ...place.describe(target) });
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Sorted by place; files stand in the order in which something was found in them. */
  list(): readonly Diagnostic[] {
    const files = [...new Set(this.#all.map(({ file }) => file))];
    return this.#all
      .map((diagnostic, index) => ({ diagnostic, index }))
      .sort(
        (a, b) =>
          files.indexOf(a.diagnostic.file) - files.indexOf(b.diagnostic.file) ||
          (a.diagnostic.line ?? 0) - (b.diagnostic.line ?? 0) ||
          (a.diagnostic.column ?? 0) - (b.diagnostic.column ?? 0) ||
          a.index - b.index,
      )
      .map(({ diagnostic }) => diagnostic);
  }
}
