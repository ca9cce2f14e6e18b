import { ProclawError } from "@proclaw/core";
import type { ListVersionsOutput } from "./client.ts";

/**
 * A list whose keys came URL-encoded, decoded.
 *
 * INVARIANT (a page goes on where it ended): the marker of the next page must be the last key of
 * this one. Not every server encodes it, and one that was decoded twice could lead past keys.
 *
 * @throws ProclawError `unreadable_evidence`
 */
export function decoded(page: ListVersionsOutput): ListVersionsOutput {
  const decode = page.EncodingType === "url" ? urlDecoded : (text: string | undefined): string | undefined => text;
  const entries = <T extends { readonly Key?: string | undefined }>(list: readonly T[] | undefined): T[] =>
    (list ?? []).map((entry) => ({ ...entry, Key: decode(entry.Key) }));
  const Versions = entries(page.Versions);
  const DeleteMarkers = entries(page.DeleteMarkers);
  const CommonPrefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => ({ Prefix: decode(Prefix) }));
  const result = { ...page, Versions, DeleteMarkers, CommonPrefixes };
  if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return result;
  const last = [...Versions, ...DeleteMarkers].map(({ Key = "" }) => Key);
  for (const { Prefix = "" } of CommonPrefixes) last.push(Prefix);
  const greatest = last.reduce((a, b) => (compareUtf8(a, b) < 0 ? b : a), "");
  const marker = [page.NextKeyMarker, decode(page.NextKeyMarker)].find((one) => one === greatest);
  if (marker === undefined) {
    throw new ProclawError("unreadable_evidence", "a list of the bucket does not go on where its page ended");
  }
  return { ...result, NextKeyMarker: marker };
}

/** S3 encodes as forms do: a space is a plus. */
function urlDecoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    throw new ProclawError("unreadable_evidence", "a list of the bucket is not encoded as it says", { cause: error });
  }
}

/** The order of lists: that of the keys' UTF-8 bytes. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
