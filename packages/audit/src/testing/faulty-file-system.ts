import { rm, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { nodeFileSystem } from "../store/file-system-port.ts";
import type { FileSystemPort, PortFile } from "../store/file-system-port.ts";

export type Operation =
  | "open"
  | "makeDirectory"
  | "list"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "write"
  | "read"
  | "truncate"
  | "datasync";

/** What an operation does instead of what it should. */
export type Fault =
  /** Fails with this errno code. */
  | { readonly code: string }
  /** Writes only so many bytes (and says so). */
  | { readonly shortWrite: number }
  /** Waits for this first. */
  | { readonly until: Promise<unknown> };

/** The real file system, with faults put in between, and a power switch. */
export class FaultyFileSystem implements FileSystemPort {
  /** Asked before every operation; null: it does what it should. */
  fault: (operation: Operation, path: string) => Fault | null = () => null;
  /** Flushes report success and flush nothing. */
  lying = false;
  readonly counts = new Map<Operation, number>();
  /** Bytes of each file that would outlive a power cut. */
  readonly #flushed = new Map<string, number>();
  /** Names that would not. */
  readonly #looseNames = new Set<string>();
  #off = false;

  count(operation: Operation): number {
    return this.counts.get(operation) ?? 0;
  }

  /** Cuts the power: what was not flushed is gone, and nothing works any more. */
  async cutPower(): Promise<void> {
    this.#off = true;
    for (const [path, size] of this.#flushed) await truncate(path, size).catch(() => undefined);
    for (const path of this.#looseNames) await rm(path, { recursive: true, force: true });
  }

  async open(path: string, how: "read" | "append" | "create" | "edit"): Promise<PortFile> {
    await this.#before("open", path);
    const file = await nodeFileSystem.open(path, how);
    if (how === "create") {
      this.#looseNames.add(path);
      this.#flushed.set(path, 0);
    }
    return {
      write: async (bytes, position) => {
        const fault = await this.#before("write", path);
        const short = fault !== null && "shortWrite" in fault ? fault.shortWrite : bytes.length;
        return await file.write(bytes.subarray(0, short), position);
      },
      read: async (into, position) => {
        await this.#before("read", path);
        return await file.read(into, position);
      },
      truncate: async (size) => {
        await this.#before("truncate", path);
        await file.truncate(size);
      },
      datasync: async () => {
        await this.#before("datasync", path);
        if (!this.lying) {
          await file.datasync();
          this.#flushed.set(path, file.stat().size);
        }
      },
      stat: () => file.stat(),
      close: () => file.close(),
    };
  }

  async makeDirectory(path: string): Promise<boolean> {
    await this.#before("makeDirectory", path);
    const made = await nodeFileSystem.makeDirectory(path);
    if (made) this.#looseNames.add(path);
    return made;
  }

  async list(path: string): Promise<string[]> {
    await this.#before("list", path);
    return await nodeFileSystem.list(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#before("rename", from);
    await nodeFileSystem.rename(from, to);
    const flushed = this.#flushed.get(from);
    if (flushed !== undefined) this.#flushed.set(to, flushed);
    this.#flushed.delete(from);
    this.#looseNames.delete(from);
    this.#looseNames.add(to);
  }

  async remove(path: string): Promise<void> {
    await this.#before("remove", path);
    await nodeFileSystem.remove(path);
    this.#flushed.delete(path);
    this.#looseNames.delete(path);
  }

  removeDirectory(path: string): Promise<void> {
    return nodeFileSystem.removeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#before("syncDirectory", path);
    if (this.lying) return;
    await nodeFileSystem.syncDirectory(path);
    for (const name of this.#looseNames) if (dirname(name) === path) this.#looseNames.delete(name);
  }

  async #before(operation: Operation, path: string): Promise<Fault | null> {
    this.counts.set(operation, this.count(operation) + 1);
    if (this.#off) throw errno("EIO");
    const fault = this.fault(operation, path);
    if (fault !== null && "until" in fault) await fault.until;
    if (fault !== null && "code" in fault) throw errno(fault.code);
    return fault;
  }
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
