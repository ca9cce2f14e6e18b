// @ts-check
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ProclawError, SPEC_VERSION } from "@proclaw/core";

/** @import { AuditStore, LogHead, StoreLease } from "@proclaw/core" */

/*
 * <dir>/<log>/records/<first seq>       one batch: its lines, each with an LF
 * <dir>/<log>/checkpoints/<size>        one signed note
 * <dir>/<log>/leases/<epoch>            who took the lease: process id and a number used once
 * <dir>/<log>/leases/<epoch>.released   it was given back
 *
 * No file is ever changed. A file is written under a passing name, flushed, and then linked to its
 * own: link(2) fails if the name is taken, so of two writers one wins, and a batch is there whole or
 * not at all. There is nothing to repair after a crash.
 */

/** Leases that live in this process. One of another process lives as long as that process does. */
const live = new Set();

/** @param {string} dir @returns {AuditStore} */
export function openBatchStore(dir) {
  /** @type {Map<StoreLease, { token: string, head: LogHead }>} */
  const mine = new Map();
  let closed = false;
  const place = (/** @type {string[]} */ ...parts) => join(dir, ...parts);

  /** @param {StoreLease} lease */
  function held(lease) {
    const state = mine.get(lease);
    if (closed) throw new ProclawError("store_failed", "the store is closed");
    if (!state || !live.has(state.token))
      throw new ProclawError("lease_lost", `the lease of \`${lease.log}\` is not held`);
    return state;
  }

  /** @param {string} log @returns {Promise<{ head: LogHead, line: Buffer | null }>} */
  async function end(log) {
    const last = (await names(place(log, "records"))).at(-1);
    if (last === undefined) return { head: { log, size: 0, head: null, tornBytes: 0 }, line: null };
    const bytes = await readFile(place(log, "records", last));
    const line = bytes.subarray(bytes.lastIndexOf(0x0a, bytes.length - 2) + 1, bytes.length - 1);
    const size = Number(last) + bytes.filter((byte) => byte === 0x0a).length;
    return { head: { log, size, head: leafOf(line), tornBytes: 0 }, line };
  }

  return {
    specVersion: SPEC_VERSION,
    granularity: "record",

    async logs() {
      return names(dir);
    },

    async *read(log, fromSeq = 0) {
      const files = await names(place(log, "records"));
      for (const [i, name] of files.entries()) {
        const next = files[i + 1];
        if (next !== undefined && Number(next) <= fromSeq) continue;
        const path = place(log, "records", name);
        const from = (/** @type {number} */ start) => createReadStream(path, { start });
        yield { name: path, firstSeq: Number(name), bytes: from(0), from };
      }
    },

    async *checkpoints(log, fromSize = 0) {
      for (const name of await names(place(log, "checkpoints"))) {
        const path = place(log, "checkpoints", name);
        if (Number(name) >= fromSize) yield { name: path, note: await readFile(path) };
      }
    },

    async evidence() {
      return { worm: false, retainedUntil: null, findings: ["plain files: whoever owns the folder can change them"] };
    },

    async lease(log) {
      if (closed) throw new ProclawError("store_failed", "the store is closed");
      const leases = place(log, "leases");
      const taken = await names(leases);
      const last = taken.at(-1);
      // A release sorts right after its lease.
      if (last !== undefined && !last.endsWith(".released")) {
        const { pid, token } = JSON.parse(await readFile(join(leases, last), "utf8"));
        if (pid === process.pid ? live.has(token) : isAlive(pid)) throw leaseHeld(log);
      }
      const epoch = last === undefined ? 0 : Number(last.split(".")[0]) + 1;
      const token = randomUUID();
      live.add(token);
      if (!(await create(join(leases, number(epoch)), JSON.stringify({ pid: process.pid, token })))) {
        live.delete(token);
        throw leaseHeld(log);
      }
      /** @type {StoreLease} */
      const lease = {
        log,
        epoch,
        // Nobody takes the lease of a process that lives.
        lost: new AbortController().signal,
        async release() {
          if (!mine.delete(lease)) return;
          await create(join(leases, `${number(epoch)}.released`), "");
          live.delete(token);
        },
      };
      mine.set(lease, { token, head: (await end(log)).head });
      return lease;
    },

    async head(log) {
      return (await end(log)).head;
    },

    async lastLine(log) {
      return (await end(log)).line;
    },

    async append(lease, expected, batch, signal) {
      const state = held(lease);
      signal?.throwIfAborted();
      const { size, head } = state.head;
      const mismatch = () =>
        new ProclawError("head_mismatch", `\`${lease.log}\` does not end at record ${expected.expectedSeq}`);
      if (size !== expected.expectedSeq || head !== expected.expectedHead) throw mismatch();
      for (const [i, { seq, bytes }] of batch.entries()) {
        if (seq !== size + i || bytes.length === 0 || bytes.includes(0x0a)) {
          throw new ProclawError("invalid_option", `record ${seq} is out of order, empty or not one line`);
        }
      }
      const last = batch.at(-1);
      if (last !== undefined) {
        const lines = Buffer.concat(batch.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
        if (!(await create(place(lease.log, "records", number(size)), lines))) throw mismatch();
        state.head = { ...state.head, size: size + batch.length, head: last.leaf };
      }
      return { ...state.head, durability: "local" };
    },

    async recover(lease) {
      const state = held(lease);
      state.head = (await end(lease.log)).head;
      return { ...state.head, keptAside: 0 };
    },

    async putCheckpoint(lease, size, note) {
      held(lease);
      const path = place(lease.log, "checkpoints", number(size));
      if (await create(path, note)) return;
      if (!(await readFile(path)).equals(note)) {
        throw new ProclawError("store_failed", `another checkpoint over ${size} records is there`);
      }
    },

    async probe() {
      return { durable: true, worm: false, findings: ["flushes with fsync; whether the disk obeys is not tested"] };
    },

    async close() {
      closed = true;
      await Promise.all([...mine.keys()].map((lease) => lease.release()));
    },
  };
}

/** For tests: everything that lives in this process dies, without giving anything back. */
export function die() {
  live.clear();
}

/**
 * Makes a file, durable with its name, or says that there is one.
 * @param {string} path @param {string | Uint8Array} bytes @returns {Promise<boolean>}
 */
async function create(path, bytes) {
  const folder = dirname(path);
  // Starts with a dot, so `names` does not list it.
  const passing = join(folder, `.${randomUUID()}`);
  try {
    const made = await mkdir(folder, { recursive: true });
    const file = await open(passing, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(passing, path);
    await flush(folder);
    if (made !== undefined) for (let up = folder; up.length >= dirname(made).length; up = dirname(up)) await flush(up);
    return true;
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") return false;
    throw new ProclawError("store_failed", "a file could not be written", { cause });
  } finally {
    await unlink(passing).catch(() => {});
  }
}

/** @param {string} folder */
async function flush(folder) {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param {string} folder @returns {Promise<string[]>} */
async function names(folder) {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

const number = (/** @type {number} */ n) => String(n).padStart(16, "0");
const leafOf = (/** @type {Uint8Array} */ line) =>
  createHash("sha256").update(Uint8Array.of(0)).update(line).digest("hex");
const errorCode = (/** @type {unknown} */ error) => /** @type {NodeJS.ErrnoException} */ (error).code;
const leaseHeld = (/** @type {string} */ log) => new ProclawError("lease_held", `the lease of \`${log}\` is held`);
