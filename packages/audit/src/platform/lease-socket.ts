import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { ProclawError } from "@proclaw/core";
import { hasCode } from "../store/file-system-port.ts";

/** A lease that is held by a listening Unix socket. */
export interface SocketLease {
  readonly epoch: number;
  readonly lost: AbortSignal;
  /** Whether the lease is still ours, by a look at its file (a few microseconds). */
  check(): boolean;
  release(): Promise<void>;
}

/**
 * Takes the exclusive right to a folder, or throws `lease_held`.
 *
 * Node has no flock, but the kernel closes a process's sockets however it dies: whoever can
 * connect to `lease-<epoch>.sock` has met a living owner, and a refused connection a dead one. The
 * highest epoch is the lease. A bound socket can never come alive again, so "epoch n is dead" stays
 * true, and epoch n + 1 is claimed with link(2), which, unlike rename(2), fails if somebody else
 * was first. The file stays behind on release: it remembers the epoch.
 *
 * Limits: the folder must be on a file system of this kernel (a socket does not reach over NFS or
 * SMB; those are refused), and whoever may write to the folder may also break the lease.
 */
export async function takeSocketLease(folder: string): Promise<SocketLease> {
  const place = openPlace(folder);
  let server: Server | null = null;
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const last = place.epochs().at(-1);
      if (last !== undefined && (await isAlive(place.at(leaseName(last))))) break;
      const epoch = last === undefined ? 0 : last + 1;
      const bound = `.lease-${randomBytes(6).toString("hex")}.tmp`;
      server = await listen(place.at(bound));
      const claimed = claim(place, bound, epoch);
      if (claimed) return hold(place, server, epoch);
      await closeServer(server);
      server = null;
    }
  } catch (error) {
    if (server !== null) await closeServer(server);
    place.close();
    throw error;
  }
  place.close();
  throw new ProclawError("lease_held", "another living process holds the lease of this log");
}

/** Every lost race means that somebody else has just won, so a few attempts settle it. */
const MAX_ATTEMPTS = 8;

function leaseName(epoch: number): string {
  return `lease-${String(epoch).padStart(16, "0")}.sock`;
}

interface Place {
  at(name: string): string;
  epochs(): number[];
  close(): void;
}

/**
 * A socket's path has room for 107 bytes, a folder's may be longer: on Linux the folder is reached
 * through its open descriptor. It stays open while the lease is held, because libuv unlinks the
 * path it bound when it closes, and the number might by then name another folder.
 */
function openPlace(folder: string): Place {
  if (process.platform === "win32") {
    throw new ProclawError(
      "unsupported_platform",
      "the file store needs unix sockets in the file system for its leases",
    );
  }
  const linux = process.platform === "linux";
  if (!linux && Buffer.byteLength(join(folder, leaseName(0))) > MAX_SOCKET_PATH) {
    throw new ProclawError(
      "unsupported_platform",
      `\`${folder}\` is too long for a socket on this platform: choose a shorter folder for the trail`,
    );
  }
  const fd = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const base = linux ? `/proc/self/fd/${fd}` : folder;
  if (linux && NETWORK_FILE_SYSTEMS.has(fs.statfsSync(`${base}/.`).type)) {
    fs.closeSync(fd);
    throw new ProclawError(
      "unsupported_platform",
      `\`${folder}\` is on a network file system, where a lease cannot tell a dead owner: use a local one`,
    );
  }
  return {
    at: (name) => `${base}/${name}`,
    epochs: () =>
      fs
        .readdirSync(`${base}/.`)
        .flatMap((name) => /^lease-(\d{16})\.sock$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b),
    close: () => fs.closeSync(fd),
  };
}

/** The smallest `sun_path` of the platforms we run on (macOS: 104 with its terminating zero). */
const MAX_SOCKET_PATH = 103;

/** statfs(2) types: NFS, SMB1, CIFS, SMB2, AFS, Ceph. */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400,
]);

function claim(place: Place, bound: string, epoch: number): boolean {
  try {
    fs.linkSync(place.at(bound), place.at(leaseName(epoch)));
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    fs.unlinkSync(place.at(bound));
  }
  const epochs = place.epochs();
  // We read the folder before somebody took a higher epoch and tidied ours away, which made room
  // for our link.
  if (epochs.at(-1) !== epoch) {
    fs.unlinkSync(place.at(leaseName(epoch)));
    return false;
  }
  for (const older of epochs.slice(0, -1)) tidyAway(place.at(leaseName(older)));
  return true;
}

/** Lower epochs mean nothing any more, so one that cannot be removed does no harm. */
function tidyAway(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It stays.
  }
}

function hold(place: Place, server: Server, epoch: number): SocketLease {
  const path = place.at(leaseName(epoch));
  const inode = fs.lstatSync(path).ino;
  const lost = new AbortController();
  let released: Promise<void> | null = null;
  return {
    epoch,
    lost: lost.signal,
    check() {
      if (released !== null || lost.signal.aborted) return false;
      const ours = fs.lstatSync(path, { throwIfNoEntry: false })?.ino === inode;
      if (!ours) lost.abort(new ProclawError("lease_lost", "the lease of this log was taken away"));
      return ours;
    },
    release() {
      released ??= closeServer(server).then(() => place.close());
      return released;
    },
  };
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    // `exclusive`: in a worker of `node:cluster` the socket would otherwise belong to the primary
    // and outlive its owner.
    server.listen({ path, exclusive: true }, () => {
      server.off("error", reject);
      // Failing to accept does not end the lease: the kernel still answers for the listening socket.
      server.on("error", () => undefined);
      server.unref();
      resolve(server);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** The kernel accepts a connection even if the owner is busy or stopped. Anything but a refusal counts as life. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!hasCode(error, "ECONNREFUSED") && !hasCode(error, "ENOENT")));
  });
}
