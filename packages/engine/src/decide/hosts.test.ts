import { describe, expect, test } from "vitest";
import { collectHosts } from "./hosts.ts";

/** Hosts as text, sorted, and whether something could not be read. */
function found(args: unknown, declared: readonly string[] = []): string {
  const { hosts, unreadable } = collectHosts(args as never, declared);
  const texts = hosts.map((host) => (host.address === null ? host.name : host.address.join("."))).sort();
  return [...texts, ...(unreadable ? ["?"] : [])].join(" ");
}

/** The longest text that is an address: 45 characters, a zone index and its `%`. */
const LONGEST = `0000:0000:0000:0000:0000:ffff:192.168.100.228%${"z".repeat(64)}`;

describe("hosts among the arguments", () => {
  test.each<[what: string, args: unknown, hosts: string]>([
    ["none", { a: 1, b: true, c: null, d: "text" }, ""],
    ["a URL", { a: "https://a.example/x" }, "a.example"],
    ["an address", { a: "10.0.0.1" }, "10.0.0.1"],
    ["at any depth", { a: [{ b: ["https://a.example"] }], c: { d: "10.0.0.1" } }, "10.0.0.1 a.example"],
    ["the longest address", { a: LONGEST }, "192.168.100.228"],
    ["longer than an address", { a: `${LONGEST}z` }, ""],
    ["a URL without host", { a: "mailto:x@a.example" }, ""],
    ["inside a text", { a: "see https://a.example" }, ""],
    ["a name that nobody declared", { a: "a.example" }, ""],
    ["a time", { a: "10:30" }, ""],
    ["an opaque host that cannot be read", { a: "foo://%ff/" }, "?"],
  ])("%s", (_, args, hosts) => {
    expect(found(args)).toBe(hosts);
  });
});

describe("hosts where the catalogue says that there are some", () => {
  test.each<[what: string, value: unknown, hosts: string]>([
    ["a name", "a.example", "a.example"],
    ["a name and port", "a.example:80", "a.example"],
    ["an address", "10.0.0.1", "10.0.0.1"],
    ["a disguised address", "0x7f.1", "127.0.0.1"],
    ["a URL is counted once", "https://a.example/x", "a.example"],
    ["a list", ["a.example", "b.example"], "a.example b.example"],
    ["no text", 2130706433, "?"],
    ["a list with a number", ["a.example", 1], "a.example ?"],
    ["null", null, "?"],
    ["an object", {}, "?"],
    ["a text that is none", "a b", "?"],
    ["nothing", "", "?"],
  ])("%s", (_, value, hosts) => {
    expect(found({ h: value }, ["h"])).toBe(hosts);
  });

  test("an absent one is none", () => {
    expect(found({}, ["h", "toString"])).toBe("");
  });
});
