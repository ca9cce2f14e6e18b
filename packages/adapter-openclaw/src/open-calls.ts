import type { Permit } from "@proclaw/runtime";
import type { AdapterGuard } from "./guard-source.ts";

/** A call that may run, or runs. */
export interface OpenCall {
  readonly key: string;
  /** The host's id, and the id in the trail. */
  readonly toolCallId: string;
  readonly callId: string;
  readonly runId: string | undefined;
  readonly tool: string;
  /** Digest of tool and arguments as the policy was asked. */
  readonly asked: string;
  /** Digest of the arguments that were decided: what the tool must be run with. */
  readonly decided: string;
  readonly permit: Permit;
  readonly guard: AdapterGuard;
  /** Milliseconds of the monotonic clock. */
  readonly since: number;
  /** True from the moment our last hook let it pass: from then on it may be running. */
  released: boolean;
}

/**
 * The calls between decision and outcome. The host's id of a call may stand for several at a time
 * (models choose these ids), so a key is only the first half of finding one.
 *
 * INVARIANT (an open call is settled once): whoever settles a call takes it out first, so the
 * result middleware, `after_tool_call`, the time limit and the end of the service never settle the
 * same call twice.
 */
export class OpenCalls {
  /** A handful at most, so looking through all is fast. */
  readonly #calls = new Set<OpenCall>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: OpenCall): void {
    this.#calls.add(call);
  }

  /** @returns false: somebody else took it out */
  take(call: OpenCall): boolean {
    return this.#calls.delete(call);
  }

  find(matches: (call: OpenCall) => boolean): OpenCall | undefined {
    for (const call of this.#calls) if (matches(call)) return call;
    return undefined;
  }

  /** Takes out all that match. */
  takeWhere(matches: (call: OpenCall) => boolean): readonly OpenCall[] {
    const taken = [...this.#calls].filter(matches);
    for (const call of taken) this.#calls.delete(call);
    return taken;
  }
}
