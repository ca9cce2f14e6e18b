import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findBinaries, MAJORS, mustHaveServers, TestServer } from "./index.ts";

const available = MAJORS.filter((major) => findBinaries(major) !== null);
const running: TestServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(major: number): Promise<TestServer> {
  const server = await TestServer.start(major);
  running.push(server);
  return server;
}

it("has a server of each major where it must", () => {
  if (mustHaveServers()) expect(available).toEqual(MAJORS);
  expect(findBinaries(1)).toBeNull();
});

describe.each(available)("PostgreSQL %i", (major) => {
  it("starts, several at once, each with its own data", async () => {
    const [a, b] = await Promise.all([start(major), start(major)]);
    expect(a.port).not.toBe(b.port);
    const name = await a.createDatabase();
    const version = await a.run("SELECT current_setting('server_version_num')::int / 10000 AS major", name);
    expect(version).toEqual([{ major }]);
    expect(await b.run(`SELECT count(*)::int AS n FROM pg_database WHERE datname = '${name}'`)).toEqual([{ n: 0 }]);
  });

  it("refuses who has no password", async () => {
    const server = await start(major);
    const wrong = server.url("postgres", "postgres", "wrong");
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: wrong });
    await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
  });

  it("keeps its data and its port over a crash", async () => {
    const server = await start(major);
    await server.run("CREATE TABLE kept AS SELECT 7 AS n");
    const { port } = server;
    await server.crash();
    await expect(server.run("SELECT 1")).rejects.toThrow("ECONNREFUSED");
    await server.start();
    expect(server.port).toBe(port);
    expect(await server.run("SELECT n FROM kept")).toEqual([{ n: 7 }]);
  });

  it("stops and leaves nothing behind", async () => {
    const server = await TestServer.start(major);
    const root = dirname(server.dataFolder);
    await server.stop();
    expect(existsSync(root)).toBe(false);
    await expect(server.run("SELECT 1")).rejects.toThrow("ECONNREFUSED");
  });

  it("ends when the process that started it is killed", async () => {
    const script = `
      const { TestServer } = await import(${JSON.stringify(new URL("index.ts", import.meta.url).href)});
      const server = await TestServer.start(${major});
      process.stdout.write(JSON.stringify({ port: server.port, folder: server.dataFolder }) + "\\n");
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { port, folder } = JSON.parse(line.toString()) as { port: number; folder: string };
    expect(await listens(port)).toBe(true);
    child.kill("SIGKILL");
    while (existsSync(dirname(folder)) || (await listens(port)))
      await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

async function listens(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
