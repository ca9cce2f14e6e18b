import { describe, expect, it } from "vitest";
import { loadPeer, openPeerStore } from "./peer-store.ts";

/** What Node throws when a bare specifier cannot be resolved. */
function notFound(name: string): Error {
  return Object.assign(new Error(`Cannot find package '${name}' imported from /x`), { code: "ERR_MODULE_NOT_FOUND" });
}

// Whether the real command says so where a package really is not installed is tried from tarballs in tools/packaging.
describe("a store of a URL scheme", () => {
  it("names the package it needs and how to install it", async () => {
    const missing = loadPeer("postgres", "openSource", (peer) => Promise.reject(notFound(peer)));
    await expect(missing).rejects.toMatchObject({
      code: "missing_peer",
      message: expect.stringContaining("`@proclaw/audit-postgres`"),
      hint: "npm install @proclaw/audit-postgres",
    });
  });

  it("does not hide a fault inside an installed package behind that hint", async () => {
    const broken = loadPeer("s3", "openSource", () => Promise.reject(notFound("some-dependency")));
    await expect(broken).rejects.toThrow("some-dependency");
  });

  it("says when the installed package is not one for this command", async () => {
    const old = loadPeer("s3", "openSource", () => Promise.resolve({ openSource: 7 }));
    await expect(old).rejects.toMatchObject({ code: "incompatible_contract" });
  });

  it("knows only its own schemes", async () => {
    await expect(openPeerStore("redis", "redis://x")).rejects.toMatchObject({ code: "invalid_option" });
  });
});
