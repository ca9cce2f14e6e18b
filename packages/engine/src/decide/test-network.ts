import { type JsonValue, MAX_PATTERN_INPUT_BYTES } from "@proclaw/core";
import { parseAddress } from "../network/address.ts";
import { type Host, hostOfUrl } from "../network/host.ts";
import { hostInMember, hostInUrlZone, hostInZone, zoneWithin } from "../network/zone.ts";
import type { GlobPlan, OperandPlan, UrlTestPlan, ZoneMember, ZonePlan } from "../plan/types.ts";
import { resolveText } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { matchesName, runGlob } from "./test-text.ts";
import { agree, and, ERROR, FALSE, MISTYPED, not, TOO_LARGE, TRUE, truth, type Truth } from "./truth.ts";
import { exceeds } from "./values.ts";

/** The tool's declared zone and every host among the arguments lie within the zone. */
export function testZone(zone: ZonePlan, scope: Scope): Truth {
  const domains = scope.prepared.plan.internalDomains;
  const declared = scope.preparedTool?.plan.network ?? null;
  // An undeclared zone satisfies no allow rule and escapes no deny rule: that is what MISTYPED does.
  const tool = declared === null ? MISTYPED : truth(zoneWithin(declared, zone, domains));
  const { hosts, unreadable } = scope.hosts();
  let arguments_: Truth = unreadable ? MISTYPED : TRUE;
  for (const host of hosts) if (!hostInZone(host, zone, domains)) arguments_ = and(arguments_, FALSE, scope.granting);
  return and(tool, arguments_, scope.granting);
}

export function testCidr(members: readonly ZoneMember[], value: JsonValue): Truth {
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  if (address === undefined) return MISTYPED;
  const host: Host = { address, name: null };
  return truth(members.some((member) => hostInMember(host, member)));
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443, ftp: 21 };

export function testUrl(test: UrlTestPlan, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  if (test.paths !== null && exceeds(value, MAX_PATTERN_INPUT_BYTES)) {
    scope.causes |= TOO_LARGE;
    return ERROR;
  }
  const url = URL.parse(value);
  if (url === null) return MISTYPED;
  if (!test.userinfo && (url.username !== "" || url.password !== "")) return MISTYPED;
  const host = hostOfUrl(url);
  if (host === undefined) return MISTYPED;
  const scheme = url.protocol.slice(0, -1);
  let result: Truth = TRUE;
  if (test.schemes !== null)
    result = and(
      result,
      anyText(test.schemes, scope, (text) => scheme === text),
      scope.granting,
    );
  if (test.hosts !== null)
    result = and(
      result,
      anyText(test.hosts, scope, (text) => host !== null && matchesHost(host, text)),
      scope.granting,
    );
  if (test.ports !== null) {
    const port = url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port);
    result = and(result, truth(port !== undefined && test.ports.includes(port)), scope.granting);
  }
  if (test.zones !== null) {
    const domains = scope.prepared.plan.internalDomains;
    const zones = test.zones;
    result = and(
      result,
      truth(host !== null && zones.some((zone) => hostInUrlZone(host, zone, domains))),
      scope.granting,
    );
  }
  if (test.paths !== null) result = and(result, testUrlPath(test.paths, url.pathname, scope), scope.granting);
  return result;
}

/** True if one fits; in error if one has no value. */
function anyText(operands: readonly OperandPlan[], scope: Scope, fits: (text: string) => boolean): Truth {
  let found = false;
  let failed = false;
  for (const operand of operands) {
    const text = resolveText(operand, scope);
    if (text === undefined) failed = true;
    else if (fits(text)) found = true;
  }
  return failed ? ERROR : truth(found);
}

function matchesHost(host: Host, pattern: string): boolean {
  if (host.name !== null) return matchesName(host.name, pattern.toLowerCase());
  const address = parseAddress(pattern);
  return (
    address !== undefined &&
    address.length === host.address.length &&
    address.every((byte, i) => byte === host.address[i])
  );
}

/** The path as it is written and as a server decodes it must agree: `/public/%2e%2e%2fadmin` is in doubt. */
function testUrlPath(globs: readonly GlobPlan[], pathname: string, scope: Scope): Truth {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return MISTYPED;
  }
  const written = anyGlob(globs, pathname, scope);
  if (decoded === pathname) return written;
  const normal = URL.parse(
    `http://x${decoded.startsWith("/") ? "" : "/"}${decoded.replaceAll(/[?#]/g, encodeURIComponent)}`,
  )?.pathname;
  if (normal === undefined) return MISTYPED;
  return agree(agree(written, anyGlob(globs, decoded, scope)), agree(written, anyGlob(globs, normal, scope)));
}

function anyGlob(globs: readonly GlobPlan[], path: string, scope: Scope): Truth {
  let result: Truth = FALSE;
  for (const glob of globs) {
    const one = runGlob(glob, path, scope);
    // None of them holds: all the opposites do.
    result = not(and(not(result), not(one), false));
  }
  return result;
}
