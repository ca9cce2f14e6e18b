import { ProclawError } from "@proclaw/core";
import { logOrigin } from "@proclaw/verify";
import type { Draft, Drafter } from "./draft.ts";
import { keyRotate, rotationText } from "./internal-events.ts";
import type { ChainIdentity } from "./seal.ts";
import type { NoteSigner } from "./note-signer.ts";
import { unavailable } from "./trail-errors.ts";

interface Change {
  readonly next: NoteSigner;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The key that signs for a trail, and the change of it that somebody waits for. */
export class TrailKey {
  #current: NoteSigner;
  #change: Change | null = null;

  constructor(current: NoteSigner) {
    this.#current = current;
  }

  get current(): NoteSigner {
    return this.#current;
  }

  /** The key to change to; null: no change is asked for. */
  get next(): NoteSigner | null {
    return this.#change?.next ?? null;
  }

  /** Asks for a change; answers when it is done, or given up. */
  change(next: NoteSigner): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#change !== null) throw unavailable("its key is just being changed");
      if (next.vkey === this.#current.vkey) {
        throw new ProclawError("invalid_option", `\`${next.key.name}\` is the key of this trail already`);
      }
      this.#change = { next, resolve, reject };
    });
  }

  /** The `key.rotate` record that ends the epoch of `chain`, or null: the change was given up, nothing was written. */
  async record(chain: ChainIdentity, draft: Drafter): Promise<Draft | null> {
    const publicKey = this.next?.vkey ?? "";
    const keyEpoch = chain.keyEpoch + 1;
    try {
      const text = rotationText({ origin: logOrigin(chain.log), keyEpoch, publicKey });
      return draft(keyRotate({ publicKey, keyEpoch, signature: await this.#current.sign(text) }));
    } catch (error) {
      this.#end()?.reject(error);
      return null;
    }
  }

  /** The new epoch has begun. */
  changed(): void {
    const change = this.#end();
    if (change === null) return;
    this.#current = change.next;
    change.resolve();
  }

  /** The change is given up. */
  keep(why: string): void {
    this.#end()?.reject(unavailable(why));
  }

  #end(): Change | null {
    const change = this.#change;
    this.#change = null;
    return change;
  }
}
