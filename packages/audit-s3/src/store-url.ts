import { ProclawError } from "@proclaw/core";
import type { S3ClientConfig } from "./client.ts";
import { placeOf } from "./keys.ts";
import type { Place } from "./keys.ts";

export interface StoreUrl {
  readonly place: Place;
  readonly clientConfig: S3ClientConfig;
  readonly expectedOwner?: string;
}

const FORM = "s3://BUCKET/PREFIX?region=…&endpoint=…&path_style=true|false&profile=…&expected_owner=…";

/**
 * Reads `s3://bucket/prefix?region=…&endpoint=…`. Credentials are never in it: they come from the
 * SDK's chain (environment, profile, instance). An `endpoint` means path-style addressing, unless
 * `path_style=false`.
 *
 * @throws ProclawError `invalid_option`
 */
export function parseStoreUrl(text: string): StoreUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new ProclawError("invalid_option", `a store in S3 is named ${FORM}`, { cause: error });
  }
  if (url.protocol !== "s3:" || url.hostname === "" || url.port !== "" || url.hash !== "") {
    throw new ProclawError("invalid_option", `a store in S3 is named ${FORM}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new ProclawError(
      "invalid_option",
      "credentials do not belong into a URL: the SDK finds them by its own chain",
    );
  }
  const config: Record<string, unknown> = {};
  let expectedOwner: string | undefined;
  const seen = new Set<string>();
  for (const [name, value] of url.searchParams) {
    if (seen.has(name) || value === "") throw new ProclawError("invalid_option", `\`${name}\` is empty or named twice`);
    seen.add(name);
    switch (name) {
      case "region":
      case "profile":
        config[name] = value;
        break;
      case "endpoint":
        config["endpoint"] = endpointOf(value);
        break;
      case "path_style":
        if (value !== "true" && value !== "false") {
          throw new ProclawError("invalid_option", "`path_style` is `true` or `false`");
        }
        config["forcePathStyle"] = value === "true";
        break;
      case "expected_owner":
        expectedOwner = value;
        break;
      default:
        throw new ProclawError("invalid_option", `a store in S3 has no setting \`${name}\`: ${FORM}`);
    }
  }
  let prefix: string;
  try {
    prefix = decodeURIComponent(url.pathname);
  } catch (error) {
    throw new ProclawError("invalid_option", "the prefix is not well escaped", { cause: error });
  }
  const place = placeOf(decodeURIComponent(url.hostname), prefix);
  return { place, clientConfig: config, ...(expectedOwner === undefined ? {} : { expectedOwner }) };
}

function endpointOf(value: string): string {
  const text = value.includes("://") ? value : `https://${value}`;
  const ok = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).username === "";
  if (!ok) throw new ProclawError("invalid_option", "`endpoint` is an http: or https: URL without credentials");
  return text;
}
