/** A stretch of a text, in UTF-16 code units: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Name and version of the rule that found it, such as `jwt@1`. */
  readonly rule: string;
}

/**
 * Finds one class of data in text. The built-in ones are for cards and secrets; more are passed to
 * `createSanitizer` as values.
 */
export interface Recognizer {
  /** Data class in snake case; it stands in the mark, `[redacted:<data_class>]`. */
  readonly data_class: string;
  /**
   * Where the data stands. Has to work in time linear in `text`. If it throws, or answers with
   * anything but spans within the text, the whole text is taken out.
   */
  find(text: string): readonly Span[];
}
