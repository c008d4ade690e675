/** Signed tokens (HS256), made and refused by the JWT library that the real server uses. */
import type { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { expiredToken, tokenError } from "./errors.js";

export const signJwt = (claims: Record<string, string | number>, key: KeyObject): string =>
  jwt.sign(claims, key, { algorithm: "HS256" });

/**
 * The claims of a token.
 * @param now compared with the claim `exp` (seconds).
 * @throws ApiError 403 `TokenError`.
 */
export function verifyJwt(token: string, key: KeyObject, now: Date): Record<string, unknown> {
  try {
    const clockTimestamp = Math.floor(now.getTime() / 1000);
    const claims = jwt.verify(token, key, { algorithms: ["HS256"], clockTimestamp });
    return typeof claims === "string" ? {} : { ...claims };
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) throw expiredToken();
    if (!(error instanceof jwt.JsonWebTokenError)) throw error;
    // The real server's own words for this one.
    throw error.message === "jwt malformed"
      ? tokenError(
          "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
        )
      : tokenError(error.message);
  }
}
