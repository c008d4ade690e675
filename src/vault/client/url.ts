import { ConfigurationError } from "../../errors.js";
import { isLoopback } from "../../loopback.js";

/**
 * Tokens and values travel only over https, or to this machine. Credentials in the URL are refused as well, because a
 * URL is printed in messages.
 *
 * @throws ConfigurationError that names the mistake, without the URL's user, password or query.
 */
export function assertSafeUrl(url: string): void {
  const parsed = parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new ConfigurationError("The service's URL is not an http(s) URL. Set it as https://host, without quotes.");
  }
  const { protocol, host, username, password, search, hash } = parsed;
  if (username || password || search || hash) {
    throw new ConfigurationError(`The URL of ${host} may have neither user, password, query nor fragment.`);
  }
  if (protocol === "http:" && !isLoopback(parsed)) {
    throw new ConfigurationError(`http://${host} would send secrets in the clear. Use https://${host}.`);
  }
}

/** Without a final `/` or `/api`: Infisical's own CLI takes its URL with or without `/api`, so people have both. */
export function baseUrl(url: string): string {
  assertSafeUrl(url);
  const { origin, pathname } = new URL(url.trim());
  return `${origin}${pathname.replace(/\/+$/, "").replace(/\/api$/, "")}`;
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url.trim());
  } catch {
    return undefined;
  }
}
