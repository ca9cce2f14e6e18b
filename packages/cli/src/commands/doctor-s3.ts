import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { loadPeer } from "../peer-store.ts";
import { schemeOf } from "../stores.ts";
import { printDoctor } from "./doctor.ts";
import type { DoctorCheck } from "./doctor.ts";

export interface DoctorS3Options {
  readonly canarySeconds: string;
  readonly policy?: boolean;
  readonly writer?: string;
  readonly minimumDays?: string;
  readonly json?: boolean;
}

/** What `@proclaw/audit-s3` answers; stated here, because that package is an optional peer. */
interface BucketDoctor {
  readonly name: string;
  check(options: { readonly canarySeconds: number }): Promise<{
    readonly worm: boolean;
    readonly checks: readonly DoctorCheck[];
    readonly canary: string | null;
  }>;
  policy(options: { readonly writer: string; readonly minimumDays: number }): string;
}

/** Tries a bucket, or prints a policy for it. */
export async function doctorS3(io: CliIo, url: string, options: DoctorS3Options): Promise<number> {
  if (schemeOf(url) !== "s3") {
    throw new CliError("invalid_option", `\`${url}\` is no place in S3`, { hint: "s3://BUCKET/PREFIX?region=…" });
  }
  const canarySeconds = count("--canary-seconds", options.canarySeconds, 60, MAX_CANARY_SECONDS);
  const open = await loadPeer<BucketDoctor>("s3", "openDoctor");
  const doctor = await open(url);
  if (options.policy === true) return await printPolicy(io, doctor, options);
  const { worm, checks, canary } = await doctor.check({ canarySeconds });
  return await printDoctor(
    io,
    {
      name: doctor.name,
      ok: worm,
      checks,
      words: {
        good: "this bucket is WORM: what is written under a lock stays",
        bad: "this bucket is refused: do not trust evidence to it",
      },
      notes: canary === null ? [] : [`${canary} stays until its lock ends (${canarySeconds} s)`],
    },
    options.json === true,
  );
}

async function printPolicy(io: CliIo, doctor: BucketDoctor, options: DoctorS3Options): Promise<number> {
  const { writer, minimumDays } = options;
  if (writer === undefined || minimumDays === undefined) {
    throw new CliError("invalid_option", "--policy needs --writer and --minimum-days", {
      hint: "less days than the store's `retention.days`: a lock is a little shorter when it arrives",
    });
  }
  await io.stdout.write(doctor.policy({ writer, minimumDays: count("--minimum-days", minimumDays, 1) }));
  return EXIT.ok;
}

/** Nobody can undo a lock: ten years are the longest that a slip of the finger may cost. */
const MAX_CANARY_SECONDS = 10 * 365 * 86_400;

function count(option: string, text: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new CliError("invalid_option", `${option} takes a whole number ${range}`);
}
