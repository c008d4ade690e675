import { isLoopback } from "../loopback.js";

/**
 * What is wrong with a service's URL, in words that do not repeat it. A URL is printed in plans and errors, so that it may carry
 * neither a user, nor a password, nor a token in its query.
 */
export function urlProblem(text: string): string | undefined {
  if (!/^\s*https?:\/\//i.test(text) || !URL.canParse(text)) return "not an http(s) URL";
  const { username, password, search, hash } = new URL(text);
  if (username || password || search || hash) return "a URL may have neither user, password, query nor fragment here";
  if (new URL(text).protocol === "http:" && !isLoopback(new URL(text)))
    return "must be https, since it is not on loopback: secrets would travel in the clear";
  return undefined;
}

/** As it is compared and printed: one spelling, and without what Infisical's own tools allow at its end (`/`, `/api`). */
export const spelled = (url: string): string => new URL(url.trim()).href.replace(/\/+$/, "").replace(/\/api$/, "");
