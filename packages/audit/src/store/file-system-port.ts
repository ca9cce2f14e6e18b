import { randomBytes } from "node:crypto";
import fs, { constants } from "node:fs";
import { dirname, join } from "node:path";
import { ShortWrite } from "./store-failed.ts";

/**
 * The few file system calls the store makes, so that a test can put a full disk, an I/O error, a
 * short write, a lying flush or a slow disk in between. Errors are those of `node:fs`.
 */
export interface FileSystemPort {
  /**
   * `read`: read only. `append`: an existing file, every write goes to its end (O_APPEND).
   * `create`: like `append`, but the file must not exist yet. `edit`: reading and writing in place.
   * A symbolic link as the last part is refused except for `read`, and so is what is no regular file:
   * a pipe would never answer, a device never end.
   */
  open(path: string, how: "read" | "append" | "create" | "edit"): Promise<PortFile>;
  /** Makes one folder; false if it was there. */
  makeDirectory(path: string): Promise<boolean>;
  /** Names in a folder, in no order. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeDirectory(path: string): Promise<void>;
  /** Flushes a folder's entries (fsync of the folder). */
  syncDirectory(path: string): Promise<void>;
}

export interface PortFile {
  /** One write(2). May write less than asked; returns how much. `position` null: the end of the file. */
  write(bytes: Uint8Array, position: number | null): Promise<number>;
  /** One pread(2); 0 at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** fdatasync(2): contents and size, not times. */
  datasync(): Promise<void>;
  /** Size in bytes, and names the file has: 0 links is a file that somebody deleted. */
  stat(): { readonly size: number; readonly links: number };
  close(): Promise<void>;
}

const FLAGS = {
  // Not blocking, because opening a pipe that nobody writes to would wait for ever.
  read: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0),
  append: constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW,
  create: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  edit: constants.O_RDWR | constants.O_NOFOLLOW,
} as const;

/** The real file system. Plain descriptors and callbacks: half the overhead of `FileHandle`. */
export const nodeFileSystem: FileSystemPort = {
  open: (path, how) =>
    new Promise((resolve, reject) => {
      fs.open(path, FLAGS[how], 0o600, (error, fd) => {
        if (error !== null) {
          reject(error);
          return;
        }
        const stats = fs.fstatSync(fd);
        if (stats.isFile()) resolve(new DescriptorFile(fd));
        else {
          fs.closeSync(fd);
          reject(refused(stats.isDirectory() ? "EISDIR" : "not a regular file"));
        }
      });
    }),
  async makeDirectory(path) {
    try {
      await fs.promises.mkdir(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    }
  },
  list: (path) => fs.promises.readdir(path),
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (path) => fs.promises.unlink(path),
  removeDirectory: (path) => fs.promises.rmdir(path),
  async syncDirectory(path) {
    const handle = await fs.promises.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function refused(code: string): Error {
  return Object.assign(new Error(code), { code });
}

class DescriptorFile implements PortFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, position: number | null): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, bytes, 0, bytes.length, position, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, 0, into.length, position, (error, got) => (error ? reject(error) : resolve(got)));
    });
  }

  truncate(size: number): Promise<void> {
    return this.#call((done) => fs.ftruncate(this.#fd, size, done));
  }

  datasync(): Promise<void> {
    return this.#call((done) => fs.fdatasync(this.#fd, done));
  }

  stat(): { readonly size: number; readonly links: number } {
    const { size, nlink } = fs.fstatSync(this.#fd);
    return { size, links: nlink };
  }

  close(): Promise<void> {
    return this.#call((done) => fs.close(this.#fd, done));
  }

  #call(start: (done: (error: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      start((error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Names in a folder; none if there is no such folder. */
export async function listOrNone(port: FileSystemPort, path: string): Promise<string[]> {
  try {
    return await port.list(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** Makes a folder with all its parents, each flushed into the folder that holds it. */
export async function makeDirectoryDurably(port: FileSystemPort, path: string): Promise<void> {
  let made: boolean;
  try {
    made = await port.makeDirectory(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT") || dirname(path) === path) throw error;
    await makeDirectoryDurably(port, dirname(path));
    made = await port.makeDirectory(path);
  }
  if (made) await port.syncDirectory(dirname(path));
}

/** Puts a whole file in place: after a crash it is there with all its bytes, or not at all. */
export async function writeFileDurably(
  port: FileSystemPort,
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = join(folder, `.${name}.${randomBytes(6).toString("hex")}.tmp`);
  const file = await port.open(temporary, "create");
  try {
    await writeAll(file, bytes);
    await file.datasync();
  } catch (error) {
    await file.close().catch(() => undefined);
    await port.remove(temporary).catch(() => undefined);
    throw error;
  }
  await file.close();
  await port.rename(temporary, join(folder, name));
  await port.syncDirectory(folder);
}

async function writeAll(file: PortFile, bytes: Uint8Array): Promise<void> {
  const written = bytes.length === 0 ? 0 : await file.write(bytes, null);
  if (written !== bytes.length) throw new ShortWrite(written, bytes.length);
}

/** A file's bytes from `offset` on, in chunks, up to where it ends when it is read. */
export async function* readChunks(port: FileSystemPort, path: string, offset = 0): AsyncGenerator<Uint8Array> {
  const file = await port.open(path, "read");
  try {
    let position = offset;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = await file.read(chunk, position);
      if (got === 0) return;
      position += got;
      yield chunk.subarray(0, got);
    }
  } finally {
    await file.close();
  }
}

/** Large enough that one chunk holds several records of the largest size, small enough for flat memory. */
const CHUNK_BYTES = 256 * 1024;

/** All of {@link readChunks} in one piece; for what is known to be small. */
export async function readAll(port: FileSystemPort, path: string, offset = 0): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of readChunks(port, path, offset)) all.push(chunk);
  return Buffer.concat(all);
}

export function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
