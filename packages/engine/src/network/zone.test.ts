import { describe, expect, test } from "vitest";
import type { ZoneMember, ZonePlan } from "../plan/types.ts";
import { parsePrefix } from "./address.ts";
import { type Host, parseHost } from "./host.ts";
import { hostInMember, hostInUrlZone, hostInZone, hostKind, zoneWithin } from "./zone.ts";

const DOMAINS = ["corp.example"];

function host(text: string): Host {
  const found = parseHost(text);
  if (found === undefined) throw new Error(`no host: ${text}`);
  return found;
}

function member(text: string): ZoneMember {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { kind: "cidr", ...prefix };
  return text.startsWith("*.") ? { kind: "suffix", suffix: text.slice(2) } : { kind: "host", host: text };
}

function zone(text: string): ZonePlan {
  return text === "none" || text === "internal" || text === "external"
    ? { zone: text }
    : { members: text.split(" ").map(member) };
}

describe("kinds of hosts", () => {
  test.each([
    ["localhost", "loopback"],
    ["a.localhost", "loopback"],
    ["localhost.localdomain", "loopback"],
    ["ip6-localhost", "loopback"],
    ["ip6-loopback", "loopback"],
    ["alocalhost", "private"],
    ["alocalhost.example", "public"],
    ["metadata", "metadata"],
    ["metadata.google.internal", "metadata"],
    ["metadata.goog", "metadata"],
    ["instance-data", "metadata"],
    ["instance-data.ec2.internal", "metadata"],
    ["a.metadata.goog", "public"],
    ["db", "private"],
    ["db.internal", "private"],
    ["db.local", "private"],
    ["db.lan", "private"],
    ["db.home.arpa", "private"],
    ["home.arpa", "public"],
    ["arpa.example", "public"],
    ["dbinternal.example", "public"],
    ["corp.example", "private"],
    ["db.corp.example", "private"],
    ["acorp.example", "public"],
    ["a.example", "public"],
    ["10.0.0.1", "private"],
    ["127.0.0.1", "loopback"],
    ["8.8.8.8", "public"],
  ])("%s is %s", (name, kind) => {
    expect(hostKind(host(name), DOMAINS)).toBe(kind);
    expect(hostInUrlZone(host(name), "private", DOMAINS)).toBe(kind === "private");
    expect(hostInUrlZone(host(name), "public", DOMAINS)).toBe(kind === "public");
    expect(hostInZone(host(name), zone("none"), DOMAINS)).toBe(false);
    expect(hostInZone(host(name), zone("internal"), DOMAINS)).toBe(kind === "private");
    expect(hostInZone(host(name), zone("external"), DOMAINS)).toBe(kind === "private" || kind === "public");
  });
});

describe("members", () => {
  test.each<[text: string, pattern: string, expected: boolean]>([
    ["a.example", "a.example", true],
    ["b.a.example", "a.example", false],
    ["a.example", "*.example", true],
    ["b.a.example", "*.example", true],
    ["example", "*.example", false],
    ["aexample", "*.example", false],
    ["10.0.0.1", "10.0.0.0/8", true],
    ["11.0.0.1", "10.0.0.0/8", false],
    ["a.example", "10.0.0.0/8", false],
    ["10.0.0.1", "*.1", false],
    ["10.0.0.1", "a.example", false],
    ["fd00::1", "fd00::/8", true],
    ["10.0.0.1", "fd00::/8", false],
  ])("%s in %s: %s", (text, pattern, expected) => {
    expect(hostInMember(host(text), member(pattern))).toBe(expected);
    expect(hostInZone(host(text), zone(`z.example ${pattern}`), DOMAINS)).toBe(expected);
  });
});

describe("one zone within another", () => {
  test.each<[inner: string, outer: string, expected: boolean]>([
    ["none", "none", true],
    ["none", "internal", true],
    ["none", "external", true],
    ["internal", "none", false],
    ["internal", "internal", true],
    ["internal", "external", true],
    ["external", "none", false],
    ["external", "internal", false],
    ["external", "external", true],
    ["none", "a.example", true],
    ["internal", "a.example 10.0.0.0/8", false],
    ["external", "a.example", false],
    ["a.example", "none", false],
    ["a.example", "external", true],
    ["a.example", "internal", false],
    ["db", "internal", true],
    ["localhost", "external", false],
    ["db a.example", "internal", false],
    ["db.lan corp.example", "internal", true],
    ["*.example", "none", false],
    ["*.example", "internal", false],
    ["*.example", "external", true],
    ["*.corp.example", "internal", true],
    ["*.internal", "internal", true],
    ["*.localhost", "external", false],
    ["10.0.0.0/8", "none", false],
    ["10.0.0.0/8", "internal", true],
    ["10.0.0.0/8", "external", true],
    ["10.0.0.0/7", "internal", false],
    ["10.0.0.0/7", "external", false],
    ["8.8.8.0/24", "internal", false],
    ["8.8.8.0/24", "external", true],
    ["127.0.0.0/8", "external", false],
    ["126.0.0.0/7", "external", false],
    ["169.254.169.254", "external", false],
    ["a.example", "a.example", true],
    ["a.example", "b.example a.example", true],
    ["a.example", "b.example", false],
    ["a.example c.example", "a.example", false],
    ["a.example", "*.example", true],
    ["example", "*.example", false],
    ["*.a.example", "*.example", true],
    ["*.example", "*.example", true],
    ["*.example", "*.a.example", false],
    ["*.example", "a.example", false],
    ["a.example", "10.0.0.0/8", false],
    ["*.example", "10.0.0.0/8", false],
    ["10.0.0.0/8", "*.example", false],
    ["10.0.0.0/8", "a.example", false],
    ["10.1.0.0/16", "10.0.0.0/8", true],
    ["10.0.0.0/8", "10.0.0.0/8", true],
    ["10.0.0.0/8", "10.0.0.0/16", false],
    ["10.0.0.0/8", "fd00::/8", false],
    ["fd00::/16", "fd00::/8", true],
  ])("%s in %s: %s", (inner, outer, expected) => {
    expect(zoneWithin(zone(inner), zone(outer), DOMAINS)).toBe(expected);
  });
});

test("what nobody knows lies in no zone", () => {
  expect(hostInZone(host("db"), { zone: "everywhere" } as never, DOMAINS)).toBe(false);
  expect(hostInMember(host("db"), { kind: "any" } as never)).toBe(false);
  expect(zoneWithin({ members: [{ kind: "any" } as never] }, zone("external"), DOMAINS)).toBe(false);
});
