import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { signedRequest } from "./client/signed-request.ts";

const MAIN = join(import.meta.dirname, "main.ts");

interface Said {
  readonly endpoint: string;
  readonly region: string;
  readonly users: readonly { readonly name: string; readonly access_key: string; readonly secret_key: string }[];
}

function start(...args: readonly string[]) {
  return spawn(process.execPath, ["--conditions", "@proclaw/source", MAIN, ...args], { stdio: "pipe" });
}

it("serves what it says, and ends when whoever started it ends", async () => {
  const child = start("--bucket", "trail", "--manner", "ceph");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { endpoint, region, users } = JSON.parse(line.toString()) as Said;
  const owner = users.find(({ name }) => name === "owner");
  const credentials = { accessKey: owner?.access_key ?? "", secretKey: owner?.secret_key ?? "" };
  const query = { "object-lock": "" };
  const answer = await signedRequest(endpoint, region, credentials, { method: "GET", path: "/trail", query });
  expect(answer.body.toString()).toContain("<ObjectLockEnabled>Enabled<");
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("refuses options that it does not know, without a stack", async () => {
  for (const args of [
    ["--port", "x"],
    ["--manner", "minio"],
  ]) {
    const child = start(...args);
    const errors: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    const [status] = (await once(child, "close")) as [number];
    expect(status).toBe(2);
    expect(Buffer.concat(errors).toString()).not.toMatch(/\n\s+at /);
  }
});
