import { benchAppend } from "./append.ts";
import { benchDecide } from "./decide.ts";
import { benchGuard } from "./guard.ts";
import type { BenchPart } from "./part.ts";
import { benchPostgres } from "./postgres.ts";
import { benchShip } from "./ship.ts";

/** In the order of docs/benchmarks.md. */
export const PARTS: readonly BenchPart[] = [
  { name: "decide", title: "Deciding", run: benchDecide },
  { name: "guard", title: "The guard, without the flush", run: benchGuard },
  { name: "append", title: "Appending to the trail", run: async () => ({ markdown: await benchAppend() }) },
  { name: "postgres", title: "Appending to PostgreSQL", run: benchPostgres },
  { name: "ship", title: "Before a bucket: the spool and the S3 store", run: benchShip },
];
