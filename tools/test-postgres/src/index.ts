export { findBinaries } from "./binaries.ts";
export type { Binaries } from "./binaries.ts";
export { MAJORS, mustHaveServers, noServer, TestServer } from "./server.ts";
export type { TestServerOptions } from "./server.ts";
