import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./instrument.ts";
import { ROOT } from "./targets.ts";
import type { Result } from "./worker.ts";

interface FileState {
  readonly sha256: string;
  /** By the mutant's place among those of its file. */
  readonly results: Record<string, Result>;
}

/**
 * What earlier runs saw, so that a run of hours can be taken up again. A kill stays a kill as long as
 * the source is the same and tests are only added; survivors are always asked again.
 */
export class State {
  readonly #path: string | undefined;
  readonly #files: Record<string, FileState>;
  readonly #places = new Map<number, readonly [file: string, place: string]>();

  constructor(path: string | undefined, mutants: readonly Mutant[]) {
    this.#path = path;
    this.#files =
      path !== undefined && existsSync(path)
        ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, FileState>)
        : {};
    const counts = new Map<string, number>();
    for (const { id, file } of mutants) {
      const place = counts.get(file) ?? 0;
      counts.set(file, place + 1);
      this.#places.set(id, [file, String(place)]);
    }
    for (const file of counts.keys()) {
      const sha256 = createHash("sha256")
        .update(readFileSync(join(ROOT, file)))
        .digest("hex");
      if (this.#files[file]?.sha256 !== sha256) this.#files[file] = { sha256, results: {} };
    }
  }

  killed(id: number): Result | undefined {
    const result = this.#of(id)[this.#place(id)];
    return result?.status === "killed" || result?.status === "timeout" ? result : undefined;
  }

  set(id: number, result: Result): void {
    this.#of(id)[this.#place(id)] = result;
  }

  save(): void {
    if (this.#path !== undefined) writeFileSync(this.#path, JSON.stringify(this.#files));
  }

  #of(id: number): Record<string, Result> {
    const [file] = this.#places.get(id) as readonly [string, string];
    return (this.#files[file] as FileState).results;
  }

  #place(id: number): string {
    return (this.#places.get(id) as readonly [string, string])[1];
  }
}
