import { ConfigurationError } from "../../errors.js";
import { SecretValue } from "../../secret.js";
import type { InfisicalAuth } from "./types.js";

/**
 * The credentials for Infisical: `INFISICAL_TOKEN`, or else `INFISICAL_CLIENT_ID` with `INFISICAL_CLIENT_SECRET`.
 *
 * @param env usually `process.env`.
 * @throws ConfigurationError that names all that is missing; it repeats no value.
 * @example
 * ```ts
 * import { authFromEnvironment } from "console-vault/vault";
 * const auth = authFromEnvironment(process.env);
 * ```
 */
export function authFromEnvironment(env: Readonly<Record<string, string | undefined>>): InfisicalAuth {
  const read = (name: string) => {
    const value = env[name]?.trim();
    // A header can not hold more, and a token with a quote or a line break in it was pasted badly.
    if (value && !/^[\x21-\x7e]+$/.test(value)) {
      throw new ConfigurationError(`${name} has blanks, line breaks or letters that no such credential has.`);
    }
    return value === "" ? undefined : value;
  };
  const token = read("INFISICAL_TOKEN");
  if (token !== undefined) return { kind: "token", token: SecretValue.of(token) };

  const clientId = read("INFISICAL_CLIENT_ID");
  const clientSecret = read("INFISICAL_CLIENT_SECRET");
  if (clientId !== undefined && clientSecret !== undefined) {
    return { kind: "universal", clientId, clientSecret: SecretValue.of(clientSecret) };
  }
  const missing =
    clientId === undefined && clientSecret === undefined
      ? "Neither INFISICAL_TOKEN nor INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET are set."
      : `${clientId === undefined ? "INFISICAL_CLIENT_ID" : "INFISICAL_CLIENT_SECRET"} is not set, and neither is INFISICAL_TOKEN.`;
  throw new ConfigurationError(
    `${missing} Set INFISICAL_TOKEN to a service token or access token, or both others to those of a machine identity.`,
  );
}
