import { ProclawError } from "@proclaw/core";
import type { JsonObject } from "@proclaw/core";
import { ToolFailedError } from "@proclaw/runtime";
import type { Guard } from "@proclaw/runtime";
import { checkOptions } from "./check-options.ts";
import { openGuardOrDenyAll } from "./open-guard.ts";
import type { OpenGuardOptions } from "./open-guard.ts";

/** An agent whose tools all go through one method. */
export interface ToolInvoker {
  invokeTool(name: string, args: never): unknown;
}

type AgentClass = new (...args: never[]) => ToolInvoker;

/** Options of {@link openGuard}, or a guard that is already open (or opening) and stays yours to close. */
export type SecureAgentOptions = OpenGuardOptions | { readonly guard: Guard | PromiseLike<Guard> };

/**
 * Puts the guard in front of an agent's `invokeTool(name, args)`: as a standard class decorator,
 * `@secureAgent(options)`, or called plainly, `secureAgent(options)(MyAgent)`.
 *
 * It returns at once; the first call waits for the start-up. If that failed, every call is denied.
 * `invokeTool` then returns what the agent's own returns, throws what it throws, and throws
 * `DeniedError` for a call that must not run.
 *
 * INVARIANT (no way round): the method is locked on the class and on every instance, so neither a
 * field nor a later assignment replaces it, and a subclass that overrides it is refused. Code that calls tools without
 * `invokeTool`, or holds the original class, is not held.
 */
export function secureAgent(
  options: SecureAgentOptions,
): <C extends AgentClass>(agent: C, context?: ClassDecoratorContext) => C {
  // What can be said at once is not left to the first call.
  if (typeof options !== "object" || options === null || !("guard" in options)) checkOptions(options);
  return <C extends AgentClass>(agent: C, context?: ClassDecoratorContext): C => {
    if (context !== undefined && context.kind !== "class") {
      throw new ProclawError("invalid_option", "`secureAgent` decorates a class");
    }
    const method: unknown = typeof agent === "function" ? agent.prototype.invokeTool : undefined;
    if (typeof method !== "function") {
      throw new ProclawError("invalid_option", "the class has no method `invokeTool(name, args)`");
    }
    const opening = "guard" in options ? Promise.resolve(options.guard) : openGuardOrDenyAll(options);
    // Whoever calls first hears of it; until then it is nobody's rejection.
    opening.catch(() => {});
    return secure(agent, opening);
  };
}

function secure<C extends AgentClass>(agent: C, opening: Promise<Guard>): C {
  const Base = agent as unknown as new (...args: unknown[]) => {
    invokeTool(name: string, args: JsonObject): unknown;
  };
  class Secured extends Base {
    constructor(...args: unknown[]) {
      super(...args);
      if (Object.hasOwn(this, "invokeTool")) {
        throw new ProclawError("invalid_option", "`invokeTool` is a field of the instance: make it a method");
      }
      const prototype: unknown = Object.getPrototypeOf(this);
      if ((prototype as ToolInvoker).invokeTool !== Secured.prototype.invokeTool) {
        throw new ProclawError("invalid_option", "a subclass overrides `invokeTool`: secure the subclass instead");
      }
      Object.defineProperty(this, "invokeTool", { value: Secured.prototype.invokeTool.bind(this) });
    }

    override async invokeTool(tool: string, args: JsonObject): Promise<unknown> {
      const guard = await opening;
      try {
        return (await guard.call({ tool, args }, (decided) => super.invokeTool(tool, decided))).value;
      } catch (error) {
        throw error instanceof ToolFailedError ? error.cause : error;
      }
    }
  }
  // Tracers and test doubles replace methods on prototypes: not this one.
  Object.defineProperty(Secured.prototype, "invokeTool", { writable: false, configurable: false });
  Object.defineProperty(Secured, "name", { value: agent.name });
  return Secured as unknown as C;
}
