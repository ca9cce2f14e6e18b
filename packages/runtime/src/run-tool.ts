import type { JsonObject } from "@proclaw/core";
import type { PendingCall } from "./pending-call.ts";
import type { ToolOutcome, ToolRun } from "./verdict.ts";

export type Execute<T> = (args: JsonObject, run: ToolRun) => T | PromiseLike<T>;

export interface RanTool {
  readonly outcome: ToolOutcome;
  /** How a tool that was given up ends after all; its result itself is dropped. Never rejects. */
  readonly late: Promise<"success" | "error"> | null;
}

/**
 * Runs a tool in this process until it ends or is given up. Cooperative: the signal asks the tool to
 * stop, and nothing can force it. Never rejects.
 *
 * @param timeoutMs the permit's time limit
 */
export async function runTool(pending: PendingCall, timeoutMs: number, execute: Execute<unknown>): Promise<RanTool> {
  const { args, call_id, signal } = pending.permit;
  if (signal.aborted) return { outcome: { status: "not_executed" }, late: null };
  const givenUp = Promise.withResolvers<null>();
  const onAbort = (): void => givenUp.resolve(null);
  signal.addEventListener("abort", onAbort, { once: true });
  // A synchronous throw becomes a rejection, and every rejection an outcome.
  const ended: Promise<ToolOutcome & { readonly status: "success" | "error" }> = new Promise((start) => {
    start(execute(args, { call_id, signal, timeoutMs }));
  }).then(
    (output) => ({ status: "success", output }),
    (error: unknown) => ({ status: "error", error }),
  );
  const first = await Promise.race([ended, givenUp.promise]);
  signal.removeEventListener("abort", onAbort);
  // A tool that keeps the event loop busy gives the timer no chance: late all the same.
  if (first !== null && pending.elapsedUs() > timeoutMs * 1_000) pending.giveUp("timeout");
  else if (first !== null) return { outcome: first, late: null };
  const status = pending.givenUp === "timeout" ? "timeout" : "unobserved";
  return { outcome: { status }, late: ended.then((outcome) => outcome.status) };
}
