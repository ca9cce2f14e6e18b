import type { ToolCatalogue } from "@proclaw/core";

/** What the parent asks of the policy compiler's process. */
export interface CompileRequest {
  readonly file: string;
  readonly tools: ToolCatalogue;
}

/** What comes back. The parent takes `plan` as data from outside: it is checked by `loadPlan`. */
export type CompileAnswer =
  | { readonly ok: true; readonly plan: unknown; readonly warnings: string }
  | { readonly ok: false; readonly problem: string };
