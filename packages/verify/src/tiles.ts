import { ProclawError } from "@proclaw/core";
import type { Hasher } from "./hasher.ts";
import { merkleRoot } from "./merkle.ts";

/*
 * The static files of a public log: C2SP tlog-tiles (https://c2sp.org/tlog-tiles). Other people's
 * tools read them, so that they can check ours.
 */

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256;

export interface TileFile {
  /** Relative, with `/`: `tile/0/x001/067.p/112`, `tile/entries/000`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Path of a tile or, with level `entries`, of an entry bundle.
 *
 * @param width hashes in it; {@link TILE_WIDTH} for a full one
 */
export function tilePath(level: number | "entries", index: number, width: number = TILE_WIDTH): string {
  const isLevel = level === "entries" || (Number.isSafeInteger(level) && level >= 0 && level <= 63);
  const isWidth = Number.isSafeInteger(width) && width >= 1 && width <= TILE_WIDTH;
  if (!isLevel || !isWidth || !Number.isSafeInteger(index) || index < 0) {
    throw new ProclawError("invalid_option", "there is no tile at this place");
  }
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** Makes the tiles of a log while its records pass by, in memory of at most one bundle. */
export class TileMaker {
  readonly #hasher: Hasher;
  /** The unfinished tile of each level. */
  readonly #levels: Uint8Array[][] = [];
  /** Index of the tile of each level that is being filled. */
  readonly #indexes: number[] = [];
  #entries: Uint8Array[] = [];
  #bundle = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /** Adds the next record; gives the files that it completes. */
  append(line: Uint8Array, leaf: Uint8Array): TileFile[] {
    const files: TileFile[] = [];
    this.#entries.push(lengthPrefixed(line));
    if (this.#entries.length === TILE_WIDTH) {
      files.push({ path: tilePath("entries", this.#bundle++), bytes: joined(this.#entries) });
      this.#entries = [];
    }
    this.#add(0, leaf, files);
    return files;
  }

  /** The partial files at this size; the maker can go on. */
  partial(): TileFile[] {
    const files: TileFile[] = [];
    if (this.#entries.length > 0) {
      files.push({ path: tilePath("entries", this.#bundle, this.#entries.length), bytes: joined(this.#entries) });
    }
    for (const [level, hashes] of this.#levels.entries()) {
      if (hashes.length === 0) continue;
      files.push({ path: tilePath(level, this.#indexes[level] ?? 0, hashes.length), bytes: joined(hashes) });
    }
    return files;
  }

  #add(level: number, hash: Uint8Array, files: TileFile[]): void {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    const index = this.#indexes[level] ?? 0;
    files.push({ path: tilePath(level, index), bytes: joined(hashes) });
    this.#levels[level] = [];
    this.#indexes[level] = index + 1;
    // A tile is a whole subtree of height 8: its root is a hash of the level above.
    this.#add(level + 1, merkleRoot(this.#hasher, hashes), files);
  }
}

/** Entries of a bundle have their length before them, 16 bits, big-endian: a record has at most 65 535 bytes. */
function lengthPrefixed(line: Uint8Array): Uint8Array {
  if (line.length > 0xffff)
    throw new ProclawError("record_too_large", "a record is larger than an entry of a bundle may be");
  const entry = new Uint8Array(2 + line.length);
  entry[0] = line.length >> 8;
  entry[1] = line.length & 0xff;
  entry.set(line, 2);
  return entry;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
