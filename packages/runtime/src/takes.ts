import { randomUUID } from "node:crypto";

/** Given-back takes that are remembered; forgetting one only means that a repeated call takes again. */
const MAX_UNSPENT = 4_096;

/**
 * Names under which calls take from rate limits.
 *
 * INVARIANT (one take, one execution): the limiter takes once per name, and a name is used for a
 * second decision only if the first one led to no execution. The host's call id alone will not do:
 * some model providers give every call the same id, and each would then run on the first one's take.
 */
export class Takes {
  readonly #unspent = new Map<string, string>();

  /** The name for this call: that of an earlier decision on it that led to no execution, or a new one. */
  claim(call: { readonly callId: string; readonly callIdIsOurs: boolean }): string {
    const unspent = this.#unspent.get(call.callId);
    if (unspent !== undefined) {
      this.#unspent.delete(call.callId);
      return unspent;
    }
    return call.callIdIsOurs ? call.callId : `${call.callId}#${randomUUID()}`;
  }

  /** The call did not run: deciding it again takes nothing more. */
  giveBack(callId: string, takeId: string): void {
    this.#unspent.delete(callId);
    this.#unspent.set(callId, takeId);
    if (this.#unspent.size > MAX_UNSPENT) {
      const oldest = this.#unspent.keys().next();
      if (oldest.done !== true) this.#unspent.delete(oldest.value);
    }
  }
}
