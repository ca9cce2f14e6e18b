import { randomBytes } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { ProclawError } from "@proclaw/core";
import type { LogHead, RecordStore, StoreLease } from "@proclaw/core";
import { checkpointName } from "@proclaw/verify";
import { takeSocketLease } from "../platform/lease-socket.ts";
import { createFileSource } from "./file-source.ts";
import { listOrNone, makeDirectoryDurably, nodeFileSystem, readAll } from "./file-system-port.ts";
import type { FileSystemPort } from "./file-system-port.ts";
import { CHECKPOINTS_PREFIX, logPaths, parentFolder } from "./layout.ts";
import { LogAppender } from "./log-appender.ts";
import { attempt, storeFailed } from "./store-failed.ts";
import { readLastLine, readLogTail } from "./log-tail.ts";

export interface FileStoreOptions {
  /** A segment file that would grow beyond this many bytes is followed by a new one. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Where the file system calls go; for tests that break them. */
  readonly fileSystem?: FileSystemPort;
}

/**
 * A trail in a folder of the local file system: one folder a log, records as lines of append-only
 * files, an append durable when its fdatasync returned. Folders are made with mode 0700, files 0600.
 *
 * Nothing is touched before the first lease. Errors: `lease_held`, `lease_lost`, `head_mismatch`,
 * `store_failed`, `unsupported_platform` (no Unix sockets, a network file system),
 * `invalid_option` (batches over 16 MiB, records that are not one line).
 */
export function createFileStore(directory: string, options: FileStoreOptions = {}): RecordStore {
  const port = options.fileSystem ?? nodeFileSystem;
  const segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024;
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 1) {
    throw new ProclawError("invalid_option", "`segmentBytes` must be a positive whole number");
  }
  const held = new Map<StoreLease, LogAppender>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed) throw new ProclawError("store_failed", "the store is closed");
  };
  const appenderOf = (lease: StoreLease): LogAppender => {
    assertOpen();
    const appender = held.get(lease);
    if (appender === undefined) throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    return appender;
  };

  return {
    ...createFileSource(directory, port),
    granularity: "record",

    async lease(log) {
      assertOpen();
      const paths = logPaths(directory, log);
      const what = `could not take the lease of the log in \`${paths.folder}\``;
      await attempt(`the folder \`${paths.segments}\` cannot be made`, () =>
        makeDirectoryDurably(port, paths.segments),
      );
      const socket = await attempt(what, () => takeSocketLease(paths.folder));
      try {
        await attempt(what, async () => {
          // The names may have been made by somebody who died before flushing them.
          await port.syncDirectory(parentFolder(directory, log));
          await port.syncDirectory(paths.folder);
        });
        assertOpen();
      } catch (error) {
        await socket.release();
        throw error;
      }
      const appender = new LogAppender({
        port,
        log,
        paths,
        segmentBytes: log.startsWith(CHECKPOINTS_PREFIX)
          ? Math.min(segmentBytes, CHECKPOINTS_SEGMENT_BYTES)
          : segmentBytes,
        stillHeld: () => socket.check(),
      });
      const lease: StoreLease = {
        log,
        epoch: socket.epoch,
        lost: socket.lost,
        async release() {
          held.delete(lease);
          await appender.close();
          await socket.release();
        },
      };
      held.set(lease, appender);
      return lease;
    },

    async head(log): Promise<LogHead> {
      assertOpen();
      const { folder, segments } = logPaths(directory, log);
      const { size, head, tornBytes } = await attempt(`could not read the log in \`${folder}\``, () =>
        readLogTail(port, segments),
      );
      return { log, size, head, tornBytes };
    },

    async lastLine(log) {
      assertOpen();
      const { folder, segments } = logPaths(directory, log);
      return await attempt(`could not read the log in \`${folder}\``, () => readLastLine(port, segments));
    },

    // These four are `async` so that a lease that is not held rejects instead of throwing.
    async append(lease, expected, batch, signal) {
      return await appenderOf(lease).append(expected, batch, signal);
    },

    async recover(lease) {
      return await appenderOf(lease).recover();
    },

    async putCheckpoint(lease, size, note) {
      const appender = appenderOf(lease);
      const { checkpoints } = logPaths(directory, lease.log);
      const name = checkpointName(size);
      const there = await attempt(`could not read \`${join(checkpoints, name)}\``, async () =>
        (await listOrNone(port, checkpoints)).includes(name) ? await readAll(port, join(checkpoints, name)) : null,
      );
      if (there === null) return await appender.putCheckpoint(name, note);
      if (!there.equals(note)) {
        throw new ProclawError("store_failed", `another checkpoint of size ${size} of log \`${lease.log}\` is there`);
      }
    },

    async probe() {
      assertOpen();
      return await probeFolder(port, directory);
    },

    async close() {
      closed = true;
      await Promise.all([...held.keys()].map((lease) => lease.release()));
    },
  };
}

/**
 * Every turn in a log of checkpoints begins by reading its last segment, which never ends by itself:
 * small segments keep that cheap.
 */
const CHECKPOINTS_SEGMENT_BYTES = 1024 * 1024;

/** Tries the primitives in a folder of their own, and says what kind of file system it is. */
async function probeFolder(
  port: FileSystemPort,
  directory: string,
): Promise<{ durable: boolean; worm: false; findings: string[] }> {
  const folder = join(directory, `.probe-${randomBytes(6).toString("hex")}`);
  const findings = ["whoever has the rights of this process can rewrite these files: keep checkpoints elsewhere too"];
  let durable = true;
  try {
    await makeDirectoryDurably(port, folder);
    const path = join(folder, "canary");
    const file = await port.open(path, "create");
    try {
      await file.write(Uint8Array.of(1), null);
      await file.datasync();
    } finally {
      await file.close();
    }
    await port.rename(path, `${path}.renamed`);
    await port.syncDirectory(folder);
    await port.remove(`${path}.renamed`);
    await port.removeDirectory(folder);
  } catch (error) {
    durable = false;
    findings.push(storeFailed("the probe", error).message);
  }
  if (process.platform === "linux" && MEMORY_FILE_SYSTEMS.has((await statfs(directory)).type)) {
    durable = false;
    findings.push("the folder is on a file system in memory: nothing survives a restart");
  }
  return { durable, worm: false, findings };
}

/** statfs(2) types of tmpfs and ramfs. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
