import { afterAll, beforeAll, expect, it } from "vitest";
import { signedRequest } from "../client/signed-request.ts";
import type { SignedRequest } from "../client/signed-request.ts";
import { startS3Server } from "./server.ts";
import type { S3Server } from "./server.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
  server.createLockBucket("bucket");
});
afterAll(async () => server.stop());

const answerTo = async (wanted: Partial<SignedRequest>, region = server.region): Promise<string> => {
  const answer = await signedRequest(server.endpoint, region, server, { method: "GET", path: "/bucket", ...wanted });
  return answer.code ?? String(answer.status);
};

it("takes a signed request", async () => {
  expect(await answerTo({})).toBe("200");
  expect(await answerTo({ query: { prefix: "a b+c/%?&=ü", versions: "" } })).toBe("200");
});

it("refuses a presigned request by name", async () => {
  expect(await answerTo({ query: { "X-Amz-Signature": "0".repeat(64) } })).toBe("NotImplemented");
});

it("refuses another region and another kind of signature", async () => {
  expect(await answerTo({}, "eu-west-1")).toBe("AuthorizationHeaderMalformed");
  const response = await fetch(`${server.endpoint}/bucket`, { headers: { authorization: "AWS key:signature" } });
  expect(await response.text()).toContain("<Code>AuthorizationHeaderMalformed</Code>");
});

it("refuses a header of S3 that the signature does not cover, and a body behind another hash", async () => {
  const signed = await captured({ method: "PUT", path: "/bucket/k", body: "x" });
  const send = async (headers: Record<string, string>, body: string): Promise<string> => {
    const response = await fetch(`${server.endpoint}/bucket/k`, {
      method: "PUT",
      body,
      headers: { ...signed, ...headers },
    });
    return /<Code>(\w+)</.exec(await response.text())?.[1] ?? String(response.status);
  };
  expect(await send({ "x-amz-object-lock-mode": "GOVERNANCE" }, "x")).toBe("AccessDenied");
  expect(await send({}, "y")).toBe("XAmzContentSHA256Mismatch");
  expect(await send({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }, "y")).toBe("SignatureDoesNotMatch");
  expect(server.versions("bucket")).toEqual([]);
  expect(await send({}, "x")).toBe("200");
});

/** The headers of a signed request to this server, as they go over the wire. */
async function captured(wanted: SignedRequest): Promise<Record<string, string>> {
  const { createServer } = await import("node:http");
  const { port } = new URL(server.endpoint);
  const headers = await new Promise<Record<string, string>>((resolve) => {
    const spy = createServer((message, response) => {
      response.end();
      spy.close();
      resolve(message.headers as Record<string, string>);
    });
    spy.listen(0, "127.0.0.1", () => {
      const address = spy.address();
      const at = typeof address === "object" && address !== null ? address.port : 0;
      // Signed for the real server's name, sent to the spy.
      void signedRequest(`http://127.0.0.1:${at}`, server.region, server, wanted, `127.0.0.1:${port}`);
    });
  });
  const { connection: _, "content-length": __, ...rest } = headers;
  return rest;
}

it("what is not part of the server is answered 501, not half done", async () => {
  const cases: Partial<SignedRequest>[] = [
    { method: "POST", path: "/bucket/k", query: { uploads: "" } },
    { method: "PUT", path: "/bucket/k", query: { partNumber: "1", uploadId: "x" } },
    { method: "PUT", path: "/bucket/k", query: { tagging: "" } },
    { method: "PUT", path: "/bucket", query: { lifecycle: "" } },
    { method: "PUT", path: "/bucket", query: { policy: "", versioning: "" } },
    { method: "PUT", path: "/bucket/k", headers: { "x-amz-copy-source": "/bucket/a" } },
    { method: "PATCH", path: "/bucket/k" },
  ];
  for (const wanted of cases) expect(await answerTo(wanted), JSON.stringify(wanted)).toBe("NotImplemented");
});
