import { ProclawError } from "@proclaw/core";
import { canaryPrefix, logsPrefix, placeOf } from "../keys.ts";

export interface LifecycleOptions {
  readonly bucket: string;
  readonly prefix?: string;
  /** Days after which evidence may go; S3 lets nothing go whose lock has not ended. */
  readonly expireDays: number;
}

/**
 * A lifecycle configuration, as JSON text for `aws s3api put-bucket-lifecycle-configuration`:
 * canaries go after a day, evidence after `expireDays`. Expiration of a versioned object only adds
 * a delete marker, so versions are expired too, and markers without versions are cleaned up.
 *
 * Not validated against AWS: no account was used.
 */
export function lifecycleRules(options: LifecycleOptions): string {
  const place = placeOf(options.bucket, options.prefix);
  if (!Number.isSafeInteger(options.expireDays) || options.expireDays < 1) {
    throw new ProclawError("invalid_option", "`expireDays` is a whole number of days from 1 on");
  }
  const rule = (ID: string, Prefix: string, days: number): object[] => [
    {
      ID,
      Status: "Enabled",
      Filter: { Prefix },
      Expiration: { Days: days },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    },
    {
      ID: `${ID}-markers`,
      Status: "Enabled",
      Filter: { Prefix },
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
  ];
  const rules = [
    ...rule("proclaw-canaries", canaryPrefix(place), 1),
    ...rule("proclaw-evidence", logsPrefix(place), options.expireDays),
  ];
  return `${JSON.stringify({ Rules: rules }, null, 2)}\n`;
}
