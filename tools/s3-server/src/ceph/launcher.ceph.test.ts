import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { signedRequest } from "../client/signed-request.ts";
import { startCeph } from "./ceph.ts";

/** Command lines of all processes that work in a folder. */
function processesIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.includes(folder) ? [line] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

/** Runs in a process of its own: starts Ceph, says where, and waits. */
const CHILD = `
import { startCeph } from ${JSON.stringify(join(import.meta.dirname, "ceph.ts"))};
const ceph = await startCeph();
process.stdout.write(JSON.stringify({ root: ceph.root, endpoint: ceph.endpoint }) + "\\n");
setInterval(() => undefined, 1000);
`;

// A real Ceph is 69 MB of Debian packages: the suite `ceph-tests` of tools/suites installs and runs it.
describe.skipIf(process.env["PROCLAW_CEPH"] !== "1")("a real Ceph gateway", { timeout: 180_000 }, () => {
  it("keeps what was stored through an outage and leaves nothing behind", async () => {
    const ceph = await startCeph({ users: ["writer", "auditor"] });
    const send = async (method: string, path: string, body = "") =>
      signedRequest(ceph.endpoint, ceph.region, ceph, { method, path, body });
    expect(Object.keys(ceph.users)).toEqual(["owner", "writer", "auditor"]);
    expect((await send("PUT", "/bucket")).status).toBe(200);
    expect((await send("PUT", "/bucket/a", "x")).status).toBe(200);
    const { endpoint, root } = ceph;
    await ceph.stopGateway();
    await expect(send("GET", "/bucket/a")).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    await ceph.startGateway();
    expect(ceph.endpoint).toBe(endpoint);
    expect((await send("GET", "/bucket/a")).body.toString()).toBe("x");
    expect(await ceph.admin("bucket", "list")).toContain("bucket");
    expect(processesIn(root)).not.toEqual([]);
    await ceph.stop();
    expect(processesIn(root)).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });

  it("ends with the process that started it, also when that is killed", async () => {
    const args = ["--conditions", "@proclaw/source", "--input-type=module", "-e", CHILD];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { root, endpoint } = JSON.parse(line.toString()) as { root: string; endpoint: string };
    expect((await fetch(endpoint)).status).toBe(200);
    expect(processesIn(root)).not.toEqual([]);
    child.kill("SIGKILL");
    await vi.waitUntil(() => processesIn(root).length === 0 && !existsSync(root), { timeout: 60_000 });
  });
});
