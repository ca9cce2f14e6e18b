import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

/** The gateway speaks S3, the monitor and the object store are the least that it runs on. */
const PACKAGES: readonly string[] = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"];
const PROGRAMS: readonly string[] = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "osdmaptool"];

/** Whether the machine is one where everything can be installed, so that not running is a failure. */
export function isDebianRoot(): boolean {
  return process.platform === "linux" && existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** Why a Ceph gateway cannot be started here, or null. Installs nothing. */
export function cephUnavailable(): string | null {
  const missing = PROGRAMS.filter((name) => !isOnPath(name));
  if (missing.length === 0 || isDebianRoot()) return null;
  return `needs Ceph (\`${missing.join("`, `")}\` not found): apt-get install --no-install-recommends ${PACKAGES.join(" ")}`;
}

/**
 * Installs Debian's packages where they are missing (69 MB to fetch, 20–40 s).
 * @throws Error if this machine is no Debian, this user is not root, or apt fails
 */
export function ensureCeph(): void {
  const reason = cephUnavailable();
  if (reason !== null) throw new Error(reason);
  if (PROGRAMS.every(isOnPath)) return;
  apt("update", "-q");
  apt("install", "-q", "-y", "--no-install-recommends", ...PACKAGES);
  const missing = PROGRAMS.filter((name) => !isOnPath(name));
  if (missing.length > 0) throw new Error(`apt-get installed no \`${missing.join("`, `")}\``);
}

function apt(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const result = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    encoding: "utf8",
    env,
    timeout: 600_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return;
  throw new Error(`apt-get ${args[0] ?? ""} failed: ${result.error?.message ?? result.stderr.slice(-2000)}`);
}

function isOnPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
