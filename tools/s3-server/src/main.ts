/** The in-repo S3 server as a program: for the demo, and for trying a client by hand. */
import { fstatSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { startS3Server } from "./server/server.ts";

const HELP = `usage: node --conditions @proclaw/source tools/s3-server/src/main.ts [--port N] [--manner aws|ceph] [--bucket NAME]

  --port N        port on the loopback address (default: a free one)
  --manner        whose behavior where servers differ (default: aws)
  --bucket NAME   makes this bucket with Object Lock, without a default rule

Prints one line of JSON: endpoint, region, manner and the users' keys; ends by a signal, or
when the pipe at its input ends.
Everything is kept in memory: it is no storage.
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    manner: { type: "string", default: "aws" },
    bucket: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { manner } = values;
const port = Number(values.port);
if ((manner !== "aws" && manner !== "ceph") || !Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(`\`--manner\` is aws or ceph, \`--port\` a number up to 65535\n\n${HELP}`);
  process.exit(2);
}
const server = await startS3Server({ manner, port });
if (values.bucket !== undefined) server.createLockBucket(values.bucket);

const users = Object.values(server.users).map(({ name, accessKey, secretKey, arn }) => ({
  name,
  access_key: accessKey,
  secret_key: secretKey,
  arn,
}));
const { endpoint, region } = server;
// At once, also into a pipe: whoever started it waits for this line.
writeSync(1, `${JSON.stringify({ endpoint, region, manner, users, bucket: values.bucket ?? null })}\n`);

const end = (): void => {
  void server.stop().then(() => process.exit(0));
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, end);
// A parent that was killed closes its pipe; a terminal, a file or /dev/null is no parent.
const input = fstatSync(0);
if (input.isFIFO() || input.isSocket()) process.stdin.on("end", end).resume();
