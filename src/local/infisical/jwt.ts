/** Signed tokens (HS256), with the refusals that the real server's JWT library gives, in its order. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { expiredToken, tokenError } from "./errors.js";

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
const signature = (text: string, key: Buffer): string => createHmac("sha256", key).update(text).digest("base64url");

export function signJwt(claims: Record<string, string | number>, key: Buffer): string {
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${signature(text, key)}`;
}

/**
 * The claims of a token.
 * @param now compared with the claim `exp` (seconds).
 * @throws ApiError 403 `TokenError`.
 */
export function verifyJwt(token: string, key: Buffer, now: Date): Record<string, unknown> {
  if (token === "") throw tokenError("jwt must be provided");
  const [header, payload, signed, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signed === undefined || rest.length > 0) {
    throw tokenError(
      "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
    );
  }
  const claims = decode(payload);
  if (!decode(header) || !claims) throw tokenError("invalid token");
  if (signed === "") throw tokenError("jwt signature is required");
  if (!sameText(signed, signature(`${header}.${payload}`, key))) throw tokenError("invalid signature");
  if (typeof claims.exp === "number" && claims.exp * 1000 <= now.getTime()) throw expiredToken();
  return claims;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
