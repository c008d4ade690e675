// Until when a JWT or a certificate is valid. Neither is verified: who signed it is its reader's to check.
import { X509Certificate } from "node:crypto";
import type { Rule } from "./types.js";

type Expiry = Extract<Rule, { rule: "expiry" }>;

const day = 86_400_000;

/** That a value does not stay valid for as long as the rule says. `left`: whole days, negative for one that has expired. */
export type Early = { readonly is: "unreadable" } | { readonly is: "early"; readonly left: number };

/** undefined where it does. A JWT without `exp` does. */
export function endsEarly({ of, days }: Expiry, text: string, now: Date): Early | undefined {
  const ends = of === "jwt" ? jwtEnd(text) : certificateEnd(text);
  if (ends === undefined) return { is: "unreadable" };
  if (ends === "never" || ends - now.getTime() >= days * day) return undefined;
  return { is: "early", left: Math.floor((ends - now.getTime()) / day) };
}

/** ms since the epoch. */
function jwtEnd(text: string): number | "never" | undefined {
  const parts = text.trim().split(".");
  if (parts.length !== 3) return undefined;
  try {
    const [header, payload] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
    if (typeof header?.alg !== "string" || typeof payload !== "object" || payload === null) return undefined;
    const { exp } = payload as { exp?: unknown };
    if (exp === undefined) return "never";
    return typeof exp === "number" && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Of a chain, the certificate that ends first. */
function certificateEnd(text: string): number | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g) ?? [];
  try {
    const ends = blocks.map((block) => Date.parse(new X509Certificate(block).validTo));
    return ends.length === 0 || ends.some(Number.isNaN) ? undefined : Math.min(...ends);
  } catch {
    return undefined;
  }
}
