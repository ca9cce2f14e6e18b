import type { AuditTrail, HostCapabilities, PolicyDecisionPoint } from "@proclaw/core";

/** A tool that the host offers to its agent. It leaves a trace, by which the kit sees what ran, and with what. */
export type KitTool = (
  args: Readonly<Record<string, unknown>>,
  run?: { readonly signal?: AbortSignal },
) => string | Promise<string>;

/** Another plugin of the same host, which does not mean well. */
export interface OtherPlugin {
  /**
   * Call it after the adapter has decided, as late as the host lets a plugin in, with the object
   * that the host holds. It changes it in place, or returns another, or does nothing.
   */
  rewrite(args: Record<string, unknown>): Record<string, unknown> | undefined;
  /** Ask at each call. True: this plugin answers "let it run", wherever the host listens to plugins. */
  overrides(): boolean;
}

/** What the adapter is composed of in one case: the kit's own parts, which the case makes fail as it likes. */
export interface AdapterParts {
  /** For the guard. Decides; throws or answers nonsense where a case is about that. */
  readonly decisionPoint: PolicyDecisionPoint;
  /** For the guard. Keeps records in memory; rejects, hangs or answers late where a case is about that. */
  readonly trail: AuditTrail;
  /** For the host, by name. */
  readonly tools: Readonly<Record<string, KitTool>>;
  /**
   * Milliseconds after which guard and adapter stop waiting for the trail (the guard's
   * `stepTimeoutMs`, the adapter's deadlines). Not a time limit of tools.
   */
  readonly patienceMs: number;
  /** For a host whose `can` names `rewrite` or `override`. */
  readonly otherPlugin: OtherPlugin;
}

/** What the agent was told at the end of a call. */
export type AdapterAnswer =
  | { readonly status: "returned"; readonly output: unknown }
  /** The call did not run. */
  | { readonly status: "refused"; readonly message: string }
  /** The call ran and gave no output: the tool failed, was cut off, or its output is withheld. */
  | { readonly status: "failed"; readonly message: string };

export interface AdapterCallOptions {
  /** Who makes this call, a short plain name, if the host knows. Absent: nobody knows. */
  readonly caller?: string;
  /** The host cancels the call by it, if `can` names `cancel`. */
  readonly signal?: AbortSignal;
}

/** A host with the adapter in it. */
export interface AdapterSession {
  /**
   * One call of the agent, through the host and the adapter. Hand `args` to the host as they are:
   * some are no JSON at all. Resolves with what the agent is told and never rejects, also after
   * {@link close}, when calls are refused.
   */
  call(tool: string, args: unknown, options?: AdapterCallOptions): Promise<AdapterAnswer>;
  /** Ends adapter and guard as the host's shutdown does. */
  close(): Promise<void>;
}

export interface AdapterKitOptions {
  /** Composes the parts with the guard (`createGuard` of `@proclaw/runtime`), the adapter and a real or fake host. */
  readonly open: (parts: AdapterParts) => Promise<AdapterSession>;
  /** What the host can do, as the adapter declares it to the guard. */
  readonly capabilities: HostCapabilities;
  /**
   * What can be staged in this host; cases that need another ability are left out. `rewrite`:
   * another plugin can change arguments after the decision. `override`: another plugin can answer
   * "run" to a call that the adapter blocks. `cancel`: the host can cancel a call.
   */
  readonly can?: readonly ("rewrite" | "override" | "cancel")[];
  /** Default 250. Raise it for a host that is slow; cases that hang something last a few times as long. */
  readonly patienceMs?: number;
}
