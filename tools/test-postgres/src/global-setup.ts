import type { TestProject } from "vitest/node";
import { findBinaries } from "./binaries.ts";
import { MAJORS, mustHaveServers, noServer, TestServer } from "./server.ts";

/** A running server, as tests in other processes see it. */
export interface SharedServer {
  readonly major: number;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresServers: readonly SharedServer[];
  }
}

/** One server per major for all test files of a project; each file makes databases of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = MAJORS.filter((major) => findBinaries(major) !== null);
  for (const major of MAJORS) {
    if (found.includes(major)) continue;
    if (mustHaveServers()) throw new Error(noServer(major));
    process.stderr.write(`NOT TESTED: ${noServer(major)}\n`);
  }
  const servers = await Promise.all(found.map((major) => TestServer.start(major)));
  project.provide(
    "postgresServers",
    servers.map(({ major, host, port, superuser, password }) => ({ major, host, port, user: superuser, password })),
  );
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
}
