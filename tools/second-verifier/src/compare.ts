import { readFileSync } from "node:fs";
import { openFileSource } from "@proclaw/audit";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import type { Finding, Request, SecondVerifier } from "./second-verifier.ts";

/**
 * What both verifiers say of a trail must agree: verdict, level, and the place of the first damage.
 * The first kind the one names must be among the kinds that the other finds at that place, since
 * the format leaves their order free. Returns null, or the difference in words.
 */
export async function difference(second: SecondVerifier, request: Request): Promise<string | null> {
  const theirs = await second.verify(request);
  const anchors = (request.anchors ?? []).map((file) => ({ name: file, note: readFileSync(file) }));
  const ours = await verifyTrail(openFileSource(request.folder), {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
    keys: request.keys.flatMap((file) => readFileSync(file, "utf8").trim().split("\n")),
    anchors,
    strict: request.strict ?? false,
  });
  const mine = ours.first_bad;
  const other = theirs.first_bad;
  const agree =
    ours.verdict === theirs.verdict &&
    ours.level === theirs.level &&
    (ours.verdict !== "intact" || ours.records === theirs.records) &&
    (mine === null) === (other === null) &&
    (mine === null ||
      other === null ||
      (mine.log === other.log && mine.seq === other.seq && theirs.findings.some((one) => isSame(one, mine))));
  if (agree) return null;
  const say = (verdict: string, level: string | null, records: number, bad: Finding | null): string =>
    `${verdict} ${level ?? ""} ${records} ${bad === null ? "" : `${bad.kind} in ${bad.log} at ${bad.seq}`}`;
  return `@proclaw/verify: ${say(ours.verdict, ours.level, ours.records, mine)}; second: ${say(theirs.verdict, theirs.level, theirs.records, other)}`;
}

function isSame(one: Finding, other: Finding): boolean {
  return one.kind === other.kind && one.log === other.log && one.seq === other.seq;
}
