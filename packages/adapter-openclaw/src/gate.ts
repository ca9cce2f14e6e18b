import type { CallContext, JsonObject, ToolCall } from "@proclaw/core";
import type { CallMeta } from "@proclaw/runtime";
import { CallIds, hostKey, isNestedIn } from "./call-ids.ts";
import { canonicalArguments, canonicalToolName, cloneArguments, digestOf } from "./canonical-call.ts";
import { EXPIRED, withDeadline } from "./deadline.ts";
import type { GuardSource } from "./guard-source.ts";
import type { OpenClawLogger, OpenClawToolContext, OpenClawToolEvent } from "./host-types.ts";
import { OpenCalls, type OpenCall } from "./open-calls.ts";
import { callContextOf } from "./principal.ts";
import {
  opensLookalike,
  patchedFiles,
  refuseWrite,
  type ProtectedPlaces,
  type ResolvePath,
  writeTargets,
} from "./protected-paths.ts";
import { secondReading } from "./second-reading.ts";

/** Whether a call may run. */
export type GateAnswer =
  | { readonly ok: true; readonly call: OpenCall }
  | { readonly ok: false; readonly reason: string; readonly meta?: CallMeta };

export interface GateOptions {
  readonly guards: GuardSource;
  /** Milliseconds from the question to the answer, waiting for the guard included. */
  readonly deadlineMs: number;
  /** Calls that may be open at a time. */
  readonly maxOpenCalls: number;
  readonly places: (workingDirectory: string | undefined) => ProtectedPlaces;
  /** Folder against which an agent's file tools read relative paths; undefined: unknown. */
  readonly workingDirectory: (agentId: string | undefined) => string | undefined;
  readonly resolvePath: ResolvePath;
  readonly logger: () => OpenClawLogger | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** A call as it was read from the host, once. */
interface AskedCall {
  readonly key: string;
  readonly toolCallId: string;
  readonly runId: string | undefined;
  readonly tool: string;
  readonly args: JsonObject;
  /** Why the tool would read these arguments in another way than the policy; null: it would not. */
  readonly doubt: string | null;
  readonly asked: string;
  readonly context: CallContext;
  readonly workingDirectory: string | undefined;
  readonly derivedPaths: readonly string[] | undefined;
}

/** Arguments that would point a tool at another gateway, with another's rights. */
const FORBIDDEN_ARGUMENTS = ["gatewayUrl", "gatewayToken"] as const;

/** Asks the guard about calls, on the host's terms: in time, with identity, never throwing. */
export class Gate {
  readonly open: OpenCalls = new OpenCalls();
  readonly #options: GateOptions;
  readonly #ids = new CallIds();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Decides a call and opens it.
   *
   * INVARIANT (whatever fails is a denial): no guard, no answer in time, an exception anywhere:
   * the answer is no, with a reason for the model that holds nothing of the arguments.
   */
  async authorize(event: OpenClawToolEvent, context: OpenClawToolContext): Promise<GateAnswer> {
    try {
      const { deadlineMs } = this.#options;
      const answer = await withDeadline(
        deadlineMs,
        context.abortSignal,
        (signal) => this.#decide(event, context, signal),
        (late) => {
          // The host was told no meanwhile: the durable allow must not stand alone.
          if (late.ok) void this.abandon(late.call, notExecuted(`no decision within ${deadlineMs} ms`));
        },
      );
      if (answer !== EXPIRED) return answer;
      if (context.abortSignal?.aborted === true) return refuse("the call was cancelled");
      return refuse(`no decision within ${deadlineMs} ms (deadline_exceeded)`);
    } catch (error) {
      this.#options.logger()?.error(`proclaw: a call was denied because deciding failed: ${messageOf(error)}`);
      return refuse("the call could not be decided");
    }
  }

  /** Settles a call whose result nobody waits for. Never rejects. */
  async abandon(call: OpenCall, outcome: Abandoned): Promise<void> {
    this.open.take(call);
    try {
      await call.guard.settle(call.permit, outcome);
    } catch (error) {
      this.#options.logger()?.warn(`proclaw: a call was not settled: ${messageOf(error)}`);
    }
  }

  /**
   * The call as the policy is asked about it.
   *
   * INVARIANT (one reading): everything is copied here, at once, before anything waits; what
   * becomes of the host's live objects afterwards changes nothing. They are never written to.
   */
  #read(event: OpenClawToolEvent, context: OpenClawToolContext): AskedCall | null {
    const toolCallId = event.toolCallId ?? context.toolCallId;
    if (toolCallId === undefined || toolCallId === "") return null;
    const runId = event.runId ?? context.runId;
    const tool = canonicalToolName(event.toolName, event.toolKind ?? context.toolKind);
    const workingDirectory = this.#options.workingDirectory(context.agentId);
    const given = cloneArguments(tool, event.params);
    const args = canonicalArguments(tool, given, workingDirectory);
    return {
      key: hostKey(runId, toolCallId),
      toolCallId,
      runId,
      tool,
      args,
      doubt: secondReading(tool, given, args, patchedFiles(tool, given)),
      asked: digestOf({ tool, args }),
      context: callContextOf(context, workingDirectory),
      workingDirectory,
      derivedPaths: event.derivedPaths === undefined ? undefined : [...event.derivedPaths],
    };
  }

  /** The open call that was decided for exactly this event and did not start yet. */
  findDecided(event: OpenClawToolEvent, context: OpenClawToolContext): OpenCall | undefined {
    try {
      const asked = this.#read(event, context);
      if (asked === null) return undefined;
      return this.open.find((call) => !call.released && call.key === asked.key && call.asked === asked.asked);
    } catch {
      return undefined;
    }
  }

  async #decide(event: OpenClawToolEvent, context: OpenClawToolContext, signal: AbortSignal): Promise<GateAnswer> {
    const { guards, maxOpenCalls, logger, now } = this.#options;
    const asked = this.#read(event, context);
    // Without an id neither the last hook nor the result could be matched with the decision.
    if (asked === null) return refuse("the host gave this call no id");
    const { key, toolCallId, runId, tool, args } = asked;
    const callId = this.#ids.next(toolCallId);
    const parent = this.open.find((one) => one.runId === runId && isNestedIn(toolCallId, one.toolCallId));
    const call: ToolCall = {
      tool,
      args,
      call_id: callId,
      ...(parent === undefined ? {} : { parent_call_id: parent.callId }),
    };

    const answer = await guards.get();
    if (!answer.ok) return refuse(answer.why);
    if (this.open.size >= maxOpenCalls) return refuse("too many calls are open");
    const { guard } = answer;
    const verdict = await guard.authorize(call, { signal, context: () => asked.context });
    if (verdict.kind !== "permit") return { ...refuse(verdict.message), meta: verdict.meta };

    const opened: OpenCall = {
      key,
      toolCallId,
      callId,
      runId,
      tool,
      asked: asked.asked,
      decided: digestOf(verdict.args),
      permit: verdict,
      guard,
      since: now(),
      released: false,
    };
    const refusal = await this.#refuse(asked);
    if (refusal !== null) {
      logger()?.warn(`proclaw: \`${tool}\` was refused although the policy allows it: ${refusal}`);
      await this.abandon(opened, notExecuted(refusal));
      return refuse(refusal);
    }
    this.open.add(opened);
    return { ok: true, call: opened };
  }

  /** What no policy can allow; null: nothing of that kind. */
  async #refuse({ tool, args, doubt, derivedPaths, workingDirectory }: AskedCall): Promise<string | null> {
    const { places, resolvePath } = this.#options;
    const forbidden = FORBIDDEN_ARGUMENTS.find((name) => Object.hasOwn(args, name));
    if (forbidden !== undefined) return `the argument ${forbidden} is not allowed`;
    if (doubt !== null) return doubt;
    const targets = writeTargets(tool, args, derivedPaths, workingDirectory);
    if (targets !== null) {
      const refusal = await refuseWrite(targets, places(workingDirectory), resolvePath);
      if (refusal !== null) return refusal;
    }
    return (await opensLookalike(tool, args)) ? "there is no file of exactly this name" : null;
  }
}

type Abandoned = { readonly status: "not_executed"; readonly reason: string } | { readonly status: "unobserved" };

/** The end of an allowed call that did not run, with the reason that its record gives. */
export function notExecuted(reason: string): Abandoned {
  return { status: "not_executed", reason };
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: reason.startsWith("proclaw") ? reason : `proclaw: ${reason}` };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
