import type { JsonObject } from "@proclaw/core";
import { ruleName } from "./rules-version.ts";

export const MEMBER_NAME_RULE: string = ruleName("member_name");
export const JWK_RULE: string = ruleName("private_jwk");

/** Names, without `_`, `-`, dots and spaces, in lower case, whose string value is a secret whatever it is. */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  "password",
  "passwd",
  "passphrase",
  "secret",
  "clientsecret",
  "secretkey",
  "secretaccesskey",
  "awssecretaccesskey",
  "sharedsecret",
  "signingsecret",
  "webhooksecret",
  "appsecret",
  "apisecret",
  "token",
  "accesstoken",
  "refreshtoken",
  "idtoken",
  "authtoken",
  "apitoken",
  "bearertoken",
  "sessiontoken",
  "csrftoken",
  "bottoken",
  "apikey",
  "xapikey",
  "accesskey",
  "accountkey",
  "privatekey",
  "authorization",
  "proxyauthorization",
  "setcookie",
]);

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4: private members of a JSON Web Key. */
const PRIVATE_JWK_MEMBERS: ReadonlySet<string> = new Set(["d", "p", "q", "dp", "dq", "qi", "k"]);
const LONGEST_NAME = 40;

/** The rule by which a member's string value is a secret because of where it stands; null if none. */
export function secretMemberRule(object: JsonObject, name: string): string | null {
  if (PRIVATE_JWK_MEMBERS.has(name) && isPrivateJwk(object)) return JWK_RULE;
  if (name.length > LONGEST_NAME || name.length < 3) return null;
  return SECRET_NAMES.has(name.toLowerCase().replace(/[-_. ]/g, "")) ? MEMBER_NAME_RULE : null;
}

function isPrivateJwk(object: JsonObject): boolean {
  if (!Object.hasOwn(object, "kty") || typeof object["kty"] !== "string") return false;
  return Object.hasOwn(object, "d") || Object.hasOwn(object, "k");
}
