import { isLoopback } from "./loopback.js";

/**
 * What is wrong with a service's URL, in words that do not repeat it. Credentials and values travel only over https, or to
 * this machine. A URL is printed in plans and errors, so that it may carry neither a user, nor a password, nor a token in its
 * query.
 */
export function urlProblem(text: string): string | undefined {
  if (!/^\s*https?:\/\//i.test(text) || !URL.canParse(text)) return "not an http(s) URL";
  const url = new URL(text);
  if (url.username || url.password || url.search || url.hash)
    return "a URL may have neither user, password, query nor fragment here";
  if (url.protocol === "http:" && !isLoopback(url))
    return "must be https, since it is not on loopback: secrets would travel in the clear";
  return undefined;
}

/** One spelling of a URL without a problem: no blanks around it, no `/` at its end. */
export const plainUrl = (text: string): string => new URL(text.trim()).href.replace(/\/+$/, "");
