import { ProclawError } from "@proclaw/core";
import type { Guard } from "@proclaw/runtime";
import type { OpenClawLogger } from "./host-types.ts";

/** What the adapter needs of a guard. */
export type AdapterGuard = Pick<Guard, "authorize" | "settle" | "close">;

/** Opens a guard: reads the policy, opens the trail. */
export type OpenAdapterGuard = () => Promise<AdapterGuard>;

/** A guard, or why there is none. */
export type GuardAnswer =
  | { readonly ok: true; readonly guard: AdapterGuard }
  | { readonly ok: false; readonly why: string };

/**
 * One guard for the whole process, opened when it is first needed. OpenClaw starts services in the
 * gateway only (not in `agent --local`), so the first model call and the first tool call open it too.
 *
 * INVARIANT (no guard, no tool): a guard that cannot be opened, or was closed, is an answer too,
 * and it denies. A failed opening is tried again at the next {@link start}, never silently.
 */
export class GuardSource {
  readonly #open: OpenAdapterGuard;
  readonly #logger: () => OpenClawLogger | undefined;
  #answer: Promise<GuardAnswer> | null = null;
  #stopped = false;

  constructor(open: OpenAdapterGuard, logger: () => OpenClawLogger | undefined) {
    this.#open = open;
    this.#logger = logger;
  }

  /** Resolves when the guard is there or known not to come. Never rejects. */
  get(): Promise<GuardAnswer> {
    if (this.#stopped) return Promise.resolve({ ok: false, why: "the proclaw service was stopped" });
    this.#answer ??= this.#start();
    return this.#answer;
  }

  async start(): Promise<void> {
    const before = this.#stopped ? null : await this.#answer;
    if (before?.ok !== true) this.#answer = null;
    this.#stopped = false;
    await this.get();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const answer = this.#answer;
    this.#answer = null;
    const got = await answer;
    if (got?.ok === true) await got.guard.close();
  }

  async #start(): Promise<GuardAnswer> {
    try {
      return { ok: true, guard: await this.#open() };
    } catch (error) {
      // Only our own messages are known to hold nothing of a call or of the environment.
      const why = ProclawError.is(error) ? error.message : "it failed to start";
      this.#logger()?.error(`proclaw denies every tool call: ${error instanceof Error ? error.message : "failed"}`);
      return { ok: false, why };
    }
  }
}
