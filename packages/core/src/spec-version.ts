import { ProclawError } from "./errors.ts";

/**
 * Version of the contracts in this package. Every contract carries it as a literal, so that two
 * packages built against different versions refuse to be composed instead of misunderstanding
 * each other. A published version is never edited in place. 0 means: not frozen yet.
 */
export const SPEC_VERSION = 0;
export type SpecVersion = typeof SPEC_VERSION;

/**
 * Throws `incompatible_contract` unless `part` was built against this version of the contracts.
 * Whoever composes parts calls it once per part, at start.
 *
 * @param part the value that claims to keep a contract
 * @param contract the contract's name, for the message (`AuditStore`)
 */
export function assertContract(part: { readonly specVersion: number }, contract: string): void {
  const found: unknown = (part as { readonly specVersion?: unknown } | null | undefined)?.specVersion;
  if (found !== SPEC_VERSION) {
    const said = typeof found === "number" ? `version ${found}` : "no version";
    throw new ProclawError(
      "incompatible_contract",
      `${contract} states ${said} of the contracts, this package speaks version ${SPEC_VERSION}: install matching versions of the @proclaw packages`,
    );
  }
}
