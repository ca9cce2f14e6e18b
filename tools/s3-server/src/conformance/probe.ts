import { startCeph } from "../ceph/ceph.ts";
import { startS3Server } from "../index.ts";
import { Target } from "./target.ts";
import { runCase } from "./case.ts";
import { CASES } from "./cases.ts";
const what = process.argv[2];
const ceph = what === "real" ? await startCeph() : await startS3Server({ manner: what as "aws" });
for (const c of CASES) {
  let got: string;
  try {
    got = await runCase(c, new Target(ceph));
  } catch (error) {
    got = `THROWN ${String(error).slice(0, 300)}`;
  }
  const want = what === "aws" ? c.aws : (c.ceph ?? c.aws);
  if (got !== want) console.log("DIFF", `${c.group}: ${c.title}\n        ${got}${`   (want: ${want})`}`);
}
console.log(CASES.length, "cases");
await ceph.stop();
