import { benchDecide } from "./decide.ts";
import { benchGuard } from "./guard.ts";
import type { BenchPart } from "./part.ts";
import { benchTrail } from "./trail.ts";
import { benchVerify } from "./verify.ts";
import { benchPostgres } from "./postgres.ts";
import { benchShip } from "./ship.ts";

/** In the order of docs/benchmarks.md. */
export const PARTS: readonly BenchPart[] = [
  { name: "decide", title: "Deciding", run: benchDecide },
  { name: "guard", title: "The guard, without the flush", run: benchGuard },
  { name: "trail", title: "Writing the trail", run: benchTrail },
  { name: "verify", title: "Verifying the trail", run: benchVerify },
  { name: "postgres", title: "Appending to PostgreSQL", run: benchPostgres },
  { name: "ship", title: "Before a bucket: the spool and the S3 store", run: benchShip },
];
