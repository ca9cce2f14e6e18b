export type { CliIo, CliOutput } from "./cli-io.ts";
export { runCli } from "./run-cli.ts";
export { runProcess } from "./run-process.ts";
