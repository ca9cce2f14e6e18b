import type { VerifierKey } from "./verifier-key.ts";

/** `1 record`, `2 records`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A key as a vkey begins: `name+01234567`. */
export function keyLabel({ name, id }: VerifierKey): string {
  return `${name}+${id}`;
}
