import type { Findings, Place } from "../diagnostics.ts";
import { nearest } from "./nearest.ts";
import type { Reader } from "./reader.ts";

/** Roles and whom they inherit from. */
export class RoleTable {
  readonly #parents = new Map<string, readonly string[]>();
  readonly #places = new Map<string, Place>();

  read(reader: Reader, value: unknown, place: Place): void {
    const roles = reader.mapping(value, place, "`roles`");
    if (roles === undefined) return;
    for (const name of Object.keys(roles)) {
      const at = place.at(name);
      const role = reader.mapping(roles[name], at, `role \`${name}\``);
      if (role === undefined) continue;
      reader.knownKeys(role, at, ["inherits", "description"], "a role");
      if (role["description"] !== undefined) reader.string(role["description"], at.at("description"), "`description`");
      const parents =
        role["inherits"] === undefined ? [] : reader.strings(role["inherits"], at.at("inherits"), "`inherits`");
      if (parents === undefined) continue;
      const known = this.#parents.get(name);
      if (
        known !== undefined &&
        (known.length !== parents.length || !known.every((parent) => parents.includes(parent)))
      ) {
        reader.findings.error(
          at,
          "conflict",
          `role \`${name}\` is declared differently in two files`,
          undefined,
          "key",
        );
        continue;
      }
      this.#parents.set(name, parents);
      this.#places.set(name, at);
    }
  }

  checkCycles(findings: Findings): void {
    for (const [name, place] of this.#places) {
      if (this.#ancestors(name).has(name)) {
        findings.error(place, "conflict", `role \`${name}\` inherits from itself`, undefined, "key");
      }
    }
  }

  /** All roles that count as one of `selected`: those themselves and all that inherit from them. */
  closure(selected: readonly string[]): readonly string[] {
    const all = new Set(selected);
    for (const name of this.#parents.keys()) {
      const ancestors = this.#ancestors(name);
      if (selected.some((role) => ancestors.has(role))) all.add(name);
    }
    return [...all].sort();
  }

  /** Warns of a role that is not declared, if any is. */
  mention(findings: Findings, role: string, place: Place): void {
    if (this.#parents.size === 0 || this.#parents.has(role)) return;
    if ([...this.#parents.values()].some((parents) => parents.includes(role))) return;
    const near = nearest(role, [...this.#parents.keys()]);
    findings.warn(
      place,
      "undeclared_name",
      `role \`${role}\` is not declared under \`roles\``,
      near === undefined ? undefined : `did you mean \`${near}\`?`,
    );
  }

  #ancestors(name: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...(this.#parents.get(name) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(this.#parents.get(next) ?? []));
    }
    return found;
  }
}
