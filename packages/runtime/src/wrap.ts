import { ProclawError } from "@proclaw/core";
import type { JsonObject, ToolCall } from "@proclaw/core";
import { ToolFailedError } from "./call-errors.ts";
import type { Execute } from "./run-tool.ts";
import type { ToolRun } from "./verdict.ts";

/** A tool: takes one JSON object, and may look at its run. */
export type ToolFunction = (args: never, run: ToolRun) => unknown;
export type ToolMap = Readonly<Record<string, ToolFunction>>;

export interface WrapCallOptions {
  readonly signal?: AbortSignal;
  readonly call_id?: string;
  readonly parent_call_id?: string;
}

export type WrappedTool<F extends ToolFunction> =
  Parameters<F> extends []
    ? (args?: Readonly<Record<string, never>>, options?: WrapCallOptions) => Promise<Awaited<ReturnType<F>>>
    : (args: Parameters<F>[0], options?: WrapCallOptions) => Promise<Awaited<ReturnType<F>>>;

export type WrappedTools<T extends ToolMap> = { readonly [K in keyof T]: WrappedTool<T[K]> };

interface Caller {
  call<R>(
    call: ToolCall,
    execute: Execute<R>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly value: R }>;
}

/** @throws ProclawError `invalid_option` if a member is not a function */
export function wrapTools<T extends ToolMap>(guard: Caller, tools: T): WrappedTools<T> {
  const wrapped = Object.entries(tools).map(([tool, run]) => {
    if (typeof run !== "function") throw new ProclawError("invalid_option", `the tool \`${tool}\` is not a function`);
    const guarded = async (args: JsonObject = {}, options: WrapCallOptions = {}): Promise<unknown> => {
      // Picked by name: frameworks hand tools options of their own, which must not become part of the call.
      const { signal, call_id, parent_call_id } = options;
      const ids = {
        ...(call_id === undefined ? {} : { call_id }),
        ...(parent_call_id === undefined ? {} : { parent_call_id }),
      };
      const execute: Execute<unknown> = (decided, about) => Reflect.apply(run, tools, [decided, about]);
      try {
        return (await guard.call({ tool, args, ...ids }, execute, signal === undefined ? {} : { signal })).value;
      } catch (error) {
        // Callers of the tool know its errors, not ours.
        throw error instanceof ToolFailedError ? error.cause : error;
      }
    };
    return [tool, guarded] as const;
  });
  return Object.freeze(Object.fromEntries(wrapped)) as unknown as WrappedTools<T>;
}
