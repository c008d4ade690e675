import { ConfigurationError } from "../../errors.js";
import { plainUrl, urlProblem } from "../../http/index.js";

/**
 * Tokens and values travel only over https, or to this machine. Credentials in the URL are refused as well, because a
 * URL is printed in messages.
 *
 * @throws ConfigurationError that names the mistake, without the URL's user, password or query.
 */
export function assertSafeUrl(url: string): void {
  const problem = urlProblem(url);
  if (problem !== undefined)
    throw new ConfigurationError(`The URL of Infisical: ${problem}. Set it as https://host, without quotes.`);
}

/** Without a final `/` or `/api`: Infisical's own CLI takes its URL with or without `/api`, so people have both. */
export function baseUrl(url: string): string {
  assertSafeUrl(url);
  return plainUrl(url).replace(/\/api$/, "");
}
