// @ts-check
/**
 * @typedef {{ tool: string, args: any, user?: string, signal?: AbortSignal }} Call
 * @typedef {{ ok: true, output: unknown } | { ok: false, error: unknown }} Result
 * @typedef {{ block?: string | false, args?: object } | undefined | void} BeforeAnswer
 * @typedef {(call: Call) => Promise<BeforeAnswer> | BeforeAnswer} BeforeHook
 * @typedef {(call: Call, result: Result) => Promise<Result> | Result} AfterHook
 */

/**
 * An imaginary agent host, as small as can be. Plugins hook in before and after a tool: a `before`
 * hook can block a call or give it other arguments (the last ones win), an `after` hook gives the
 * result that the model sees. One plugin may have the last word in each.
 */
export class Host {
  /** @type {BeforeHook[]} */ #before = [];
  /** @type {AfterHook[]} */ #after = [];
  /** @type {BeforeHook | undefined} */ #lastBefore;
  /** @type {AfterHook | undefined} */ #lastAfter;
  /** @type {Readonly<Record<string, (args: any) => unknown>>} */ #tools;

  /** @param {Readonly<Record<string, (args: any) => unknown>>} tools */
  constructor(tools) {
    this.#tools = tools;
  }

  /** @param {{ before?: BeforeHook, after?: AfterHook }} plugin */
  use({ before, after }) {
    if (before) this.#before.push(before);
    if (after) this.#after.push(after);
  }

  /** @param {{ before: BeforeHook, after: AfterHook }} plugin */
  useLast({ before, after }) {
    if (this.#lastBefore) throw new Error("another plugin has the last word already");
    this.#lastBefore = before;
    this.#lastAfter = after;
  }

  /** @param {Call} call @returns {Promise<Result & { blocked?: boolean }>} */
  async call(call) {
    for (const hook of [...this.#before, this.#lastBefore]) {
      try {
        const answer = await hook?.(call);
        if (typeof answer?.block === "string") return { ok: false, blocked: true, error: answer.block };
        if (answer?.args) call.args = answer.args;
      } catch {
        return { ok: false, blocked: true, error: "a plugin failed before the tool" };
      }
    }
    /** @type {Result} */
    let result;
    try {
      result = { ok: true, output: await this.#tools[call.tool]?.(call.args) };
    } catch (error) {
      result = { ok: false, error };
    }
    for (const hook of [...this.#after, this.#lastAfter]) {
      try {
        if (hook) result = await hook(call, result);
      } catch {
        result = { ok: false, error: "a plugin failed after the tool" };
      }
    }
    return result;
  }
}
