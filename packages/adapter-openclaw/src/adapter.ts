import { join, sep } from "node:path";
import { type HostCapabilities, type Logger, ProclawError } from "@proclaw/core";
import { createPathResolver } from "@proclaw/runtime";
import { cloneArguments, digestOf } from "./canonical-call.ts";
import { hostKey, isNestedIn } from "./call-ids.ts";
import { EXPIRED, withDeadline } from "./deadline.ts";
import { DenialNotes } from "./denial-notes.ts";
import { Gate, type GateAnswer, messageOf, notExecuted } from "./gate.ts";
import { GuardSource, type OpenAdapterGuard } from "./guard-source.ts";
import type {
  OpenClawAfterToolEvent,
  OpenClawApi,
  OpenClawLogger,
  OpenClawResultContext,
  OpenClawResultEvent,
  OpenClawToolContext,
  OpenClawToolDecision,
  OpenClawToolEvent,
  OpenClawToolResult,
} from "./host-types.ts";
import { KeyCounter } from "./key-counter.ts";
import type { OpenCall } from "./open-calls.ts";
import type { ProtectedPlaces, ResolvePath } from "./protected-paths.ts";
import { detachImages, isRecord, releasedResult, withheldResult } from "./results.ts";

/** What OpenClaw lets a plugin do with a verdict; for the `capabilities` of the guard. */
export const OPENCLAW_CAPABILITIES: HostCapabilities = Object.freeze({
  executes: "host",
  // The abort signal of a call is the host's; a plugin can only listen.
  abort: false,
  rewriteArgs: true,
  replaceOutput: true,
  identity: true,
});

/** The id under which policy and service are registered; stands in `openclaw.plugin.json` too. */
export const PLUGIN_ID = "proclaw";

export interface OpenClawAdapterOptions {
  /**
   * Opens the guard; called once, when it is first needed. The guard is asked with the context of
   * each call, so its own `context` serves as a fallback only, and should throw.
   */
  readonly openGuard: OpenAdapterGuard;
  /** Milliseconds for a decision, waiting for the guard included. Default 2 000. */
  readonly deadlineMs?: number;
  /** Milliseconds for recording and sanitizing a result. Default 10 000. */
  readonly settleDeadlineMs?: number;
  /** A call that nobody settles is `unobserved` after so many milliseconds. Default 3 600 000. */
  readonly unobservedAfterMs?: number;
  /** Calls that may be open at a time. Default 1 000. */
  readonly maxOpenCalls?: number;
  /** Files and folders that the file tools may not change, besides OpenClaw's own. */
  readonly protectedPaths?: readonly string[];
  /** Folder against which relative paths are read. Default: the agent's workspace, from OpenClaw. */
  readonly workingDirectory?: (agentId: string | undefined) => string | undefined;
  /** Called when the service is stopped. */
  readonly onStop?: () => void;
  /** Default: OpenClaw's own logger. */
  readonly logger?: Logger;
}

export interface OpenClawAdapter {
  /** For a plugin's `register`: hooks everything up. May be called several times; does no I/O. */
  register(api: OpenClawApi): void;
  /** Opens the guard, as the service does in the gateway. */
  start(): Promise<void>;
  /** Ends open calls as `unobserved`, closes the guard and denies from then on. */
  stop(): Promise<void>;
}

/** Milliseconds for settling what is open when the service stops; OpenClaw's own budgets are 2–5 s. */
const STOP_MS = 1_500;
const SWEEP_MS = 30_000;
/** How OpenClaw words that a `before_tool_call` hook threw or hung; a tool that says so too was released before. */
const HOOK_FAILED = "Tool call blocked because before_tool_call hook failed";
const WITHHELD = "proclaw: the output is withheld";

const paths = createPathResolver();
const resolvePath: ResolvePath = async (path) => (await paths.resolvePaths([path], {}))[path] ?? null;

/** Translates OpenClaw's hooks into calls of a guard. */
export function createOpenClawAdapter(options: OpenClawAdapterOptions): OpenClawAdapter {
  const adapter = new Adapter(options);
  return Object.freeze({
    register: (api) => adapter.register(api),
    start: () => adapter.start(),
    stop: () => adapter.stop(),
  } satisfies OpenClawAdapter);
}

class Adapter {
  readonly #options: OpenClawAdapterOptions;
  readonly #guards: GuardSource;
  readonly #gate: Gate;
  readonly #unobservedAfterMs: number;
  /** Results that passed the middleware and whose `after_tool_call` is still to come. */
  readonly #returned = new KeyCounter(1_000);
  readonly #denied = new DenialNotes(1_000);
  #host: OpenClawApi | null = null;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(options: OpenClawAdapterOptions) {
    this.#options = options;
    this.#unobservedAfterMs = options.unobservedAfterMs ?? 3_600_000;
    const logger = (): OpenClawLogger | undefined => options.logger ?? this.#host?.logger;
    this.#guards = new GuardSource(options.openGuard, logger);
    this.#gate = new Gate({
      guards: this.#guards,
      deadlineMs: options.deadlineMs ?? 2_000,
      maxOpenCalls: options.maxOpenCalls ?? 1_000,
      places: (workingDirectory) => this.#places(workingDirectory),
      workingDirectory: options.workingDirectory ?? ((agentId) => this.#workspace(agentId)),
      resolvePath,
      logger,
      now: () => performance.now(),
    });
  }

  /**
   * Registers each part by itself, so that one that this version of OpenClaw lacks does not take
   * the others along.
   *
   * INVARIANT (never half a plugin): throws only if neither of the two hooks that can stop a call
   * could be registered, when loading is all that can fail: then `agent --local` refuses to start.
   */
  register(api: OpenClawApi): void {
    if (this.#host === null || api.registrationMode === "full") this.#host = api;
    const attempt = (part: string, register: () => void): boolean => {
      try {
        register();
        return true;
      } catch (error) {
        this.#log("error", `proclaw: OpenClaw did not take the ${part}: ${messageOf(error)}`);
        return false;
      }
    };

    const policy = attempt("trusted tool policy", () =>
      api.registerTrustedToolPolicy({
        id: PLUGIN_ID,
        description: "Every tool call is decided by the ProClaw policy and recorded before it runs.",
        evaluate: (event, context) => this.#decide(event, context),
      }),
    );
    // The smallest number: after every other plugin's hook. The last `params` win.
    const last = attempt("before_tool_call hook", () =>
      api.on("before_tool_call", (event, context) => this.#release(event, context), { priority: -Number.MAX_VALUE }),
    );
    attempt("tool result middleware", () =>
      api.registerAgentToolResultMiddleware((event, context) => this.#result(event, context), {
        runtimes: ["openclaw", "codex"],
      }),
    );
    attempt("after_tool_call hook", () => api.on("after_tool_call", (event, context) => this.#after(event, context)));
    attempt("tool_result_persist hook", () =>
      api.on("tool_result_persist", (event, context) => this.#denied.attach(event, context)),
    );
    attempt("model_call_started hook", () => api.on("model_call_started", () => void this.#guards.get()));
    attempt("service", () =>
      api.registerService({ id: PLUGIN_ID, start: () => this.start(), stop: () => this.stop() }),
    );
    if (!policy && !last && api.registrationMode === "full") {
      throw new ProclawError(
        "unsupported_platform",
        "this version of OpenClaw takes none of the hooks that stop a call",
      );
    }
  }

  async start(): Promise<void> {
    await this.#guards.start();
  }

  async stop(): Promise<void> {
    this.#options.onStop?.();
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
    const open = this.#gate.open.takeWhere(() => true);
    await withDeadline(STOP_MS, undefined, async () => {
      await Promise.all(open.map((call) => this.#gate.abandon(call, { status: "unobserved" })));
      await this.#guards.stop();
    }).catch((error: unknown) => this.#log("error", `proclaw: stopping failed: ${messageOf(error)}`));
  }

  /** The trusted policy: runs first, and no plugin can take its answer back. */
  async #decide(event: OpenClawToolEvent, context: OpenClawToolContext): Promise<OpenClawToolDecision | undefined> {
    const answer = await this.#gate.authorize(event, context);
    this.#sweep();
    return answer.ok ? undefined : this.#block(answer, event, context);
  }

  #block(
    { reason, meta }: Extract<GateAnswer, { readonly ok: false }>,
    event: OpenClawToolEvent,
    context: OpenClawToolContext,
  ): OpenClawToolDecision {
    this.#denied.add(context.sessionKey, event.toolCallId ?? context.toolCallId, meta);
    return { block: true, blockReason: reason };
  }

  /**
   * The last hook before the tool. Other plugins may have changed the arguments since the decision,
   * or the trusted policy may not have been asked at all: then the call is decided here.
   *
   * INVARIANT (exactly the decided call): lets a call pass only together with the arguments that
   * were decided for it.
   */
  async #release(event: OpenClawToolEvent, context: OpenClawToolContext): Promise<OpenClawToolDecision> {
    let call = this.#gate.findDecided(event, context);
    if (call === undefined) {
      // What was decided for this id before will not run like that. (A parallel call of the same id
      // that loses its decision by this is decided again when its turn comes.)
      const key = hostKey(event.runId ?? context.runId, event.toolCallId ?? context.toolCallId ?? "");
      const stale = this.#gate.open.takeWhere((one) => one.key === key && !one.released);
      const answer = await this.#gate.authorize(event, context);
      await Promise.all(
        stale.map((one) =>
          this.#gate.abandon(one, notExecuted("its arguments were changed, and it was decided again")),
        ),
      );
      if (!answer.ok) return this.#block(answer, event, context);
      call = answer.call;
    }
    call.released = true;
    return { params: structuredClone(call.permit.args) as Record<string, unknown> };
  }

  /**
   * The result on its way to the model.
   *
   * INVARIANT (no output without its record): what cannot be matched with an allowed call, was run
   * with other arguments, or cannot be recorded in time, the model does not get.
   */
  async #result(event: OpenClawResultEvent, context: OpenClawResultContext): Promise<{ result: OpenClawToolResult }> {
    this.#returned.add(hostKey(context.runId, event.toolCallId));
    const { call, asDecided } = this.#takeReturned(event, context);
    if (call === undefined) {
      this.#log("error", `proclaw: \`${event.toolName}\` returned for a call that is not open; its output is withheld`);
      return { result: withheldResult(`${WITHHELD}: it belongs to no call that was allowed`) };
    }
    try {
      this.#endNested(call);
      if (!asDecided) {
        this.#log("error", `proclaw: \`${call.tool}\` was run with other arguments than those that were allowed`);
        const error = new ProclawError(
          "internal_error",
          "the host ran the tool with other arguments than those that were allowed",
        );
        await this.#settle(call, { status: "error", error });
        return {
          result: withheldResult(`${WITHHELD}: the tool was run with other arguments than those that were allowed`),
        };
      }
      // A failed tool came back too, and its text needs cleaning as much as any other.
      const { output, images } = detachImages(event, call.permit);
      const settlement = await this.#settle(
        call,
        event.isError === true
          ? { status: "error", error: new Error("the tool reported a failure"), output }
          : { status: "success", output },
      );
      return { result: settlement === EXPIRED ? withheldResult(WITHHELD) : releasedResult(settlement, images) };
    } catch (error) {
      this.#log("error", `proclaw: the output of \`${call.tool}\` is withheld: ${messageOf(error)}`);
      return { result: withheldResult(WITHHELD) };
    }
  }

  /** Too late to change anything: settles what passed no middleware (MCP, other blocks, failures). */
  async #after(event: OpenClawAfterToolEvent, context: OpenClawToolContext): Promise<void> {
    const toolCallId = event.toolCallId ?? context.toolCallId;
    if (toolCallId === undefined) return;
    const key = hostKey(event.runId ?? context.runId, toolCallId);
    if (this.#returned.take(key)) return;
    const [call, ...others] = this.#gate.open.takeWhere((one) => one.key === key);
    if (call === undefined) return;
    if (others.length > 0) {
      // Several under one id: nobody can tell whose end this is (its arguments are those before any change).
      await Promise.all([call, ...others].map((one) => this.#gate.abandon(one, { status: "unobserved" })));
      return;
    }
    this.#endNested(call);
    const details = isRecord(event.result) ? event.result["details"] : undefined;
    if (isRecord(details) && details["status"] === "blocked") {
      // A tool could forge this status, so it proves nothing about a call that was let pass.
      await this.#gate.abandon(
        call,
        call.released ? { status: "unobserved" } : notExecuted("the host or another plugin blocked it"),
      );
      return;
    }
    if (!call.released && event.error?.startsWith(HOOK_FAILED) === true) {
      // A hook threw or hung, another plugin's or our last one. Ours let nothing pass, so nothing ran.
      await this.#gate.abandon(call, notExecuted("a hook before the tool failed"));
      return;
    }
    try {
      await this.#settle(
        call,
        event.error === undefined
          ? { status: "success", output: event.result }
          : { status: "error", error: new Error(event.error) },
      );
    } catch (error) {
      this.#log("warn", `proclaw: a call of \`${call.tool}\` was not settled: ${messageOf(error)}`);
    }
  }

  /** Takes out the call that a result belongs to: of those with its id, the one that was let pass with its arguments. */
  #takeReturned(
    event: OpenClawResultEvent,
    context: OpenClawResultContext,
  ): { readonly call: OpenCall | undefined; readonly asDecided: boolean } {
    const key = hostKey(context.runId, event.toolCallId);
    const exact = this.#gate.open.find((one) => one.key === key && ranAsDecided(one, event.args));
    const call = exact ?? this.#gate.open.find((one) => one.key === key);
    if (call !== undefined) this.#gate.open.take(call);
    return { call, asDecided: exact !== undefined };
  }

  #settle(call: OpenCall, outcome: Parameters<OpenCall["guard"]["settle"]>[1]) {
    const ms = this.#options.settleDeadlineMs ?? 10_000;
    return withDeadline(ms, undefined, () => call.guard.settle(call.permit, outcome));
  }

  /** A call that is over can hold no open calls. */
  #endNested(outer: OpenCall): void {
    const nested = this.#gate.open.takeWhere(
      (one) => one.runId === outer.runId && isNestedIn(one.toolCallId, outer.toolCallId),
    );
    for (const call of nested) void this.#gate.abandon(call, { status: "unobserved" });
  }

  /** Ends calls that nobody settled; the timer exists only while something is open. */
  #sweep(): void {
    const latest = performance.now() - this.#unobservedAfterMs;
    for (const call of this.#gate.open.takeWhere((one) => one.since < latest)) {
      void this.#gate.abandon(call, { status: "unobserved" });
    }
    if (this.#gate.open.size === 0 && this.#sweeper !== null) {
      clearInterval(this.#sweeper);
      this.#sweeper = null;
    } else if (this.#gate.open.size > 0 && this.#sweeper === null) {
      this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP_MS, this.#unobservedAfterMs));
      this.#sweeper.unref();
    }
  }

  #workspace(agentId: string | undefined): string | undefined {
    const runtime = this.#host?.runtime;
    if (runtime === undefined || agentId === undefined) return undefined;
    try {
      return runtime.agent.resolveAgentWorkspaceDir(runtime.config.current(), agentId);
    } catch {
      // Relative paths then stay relative, and a policy about paths denies them.
      return undefined;
    }
  }

  #places(workingDirectory: string | undefined): ProtectedPlaces {
    const openClawState = this.#host?.runtime.state.resolveStateDir();
    const configFile =
      process.env["OPENCLAW_CONFIG_PATH"] ??
      (openClawState === undefined ? undefined : join(openClawState, "openclaw.json"));
    const own = [pluginFolder(this.#host?.rootDir), configFile].filter((path) => path !== undefined && path !== "");
    return {
      denied: [...(this.#options.protectedPaths ?? []), ...(own as string[])],
      openClawState,
      workspaces: workingDirectory === undefined ? [] : [workingDirectory],
    };
  }

  #log(level: "error" | "warn", message: string): void {
    try {
      (this.#options.logger ?? this.#host?.logger)?.[level](message);
    } catch {
      // A broken logger stops nothing.
    }
  }
}

function ranAsDecided(call: OpenCall, args: unknown): boolean {
  try {
    return digestOf(cloneArguments(call.tool, args)) === call.decided;
  } catch {
    return false;
  }
}

/** The plugin's own folder; for an installed one all of `node_modules`, where its dependencies lie beside it. */
function pluginFolder(rootDir: string | undefined): string | undefined {
  if (rootDir === undefined) return undefined;
  const parts = rootDir.split(sep);
  const at = parts.indexOf("node_modules");
  return at === -1 ? rootDir : parts.slice(0, at + 1).join(sep);
}
