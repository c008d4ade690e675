import type { SecretValue } from "../../secret.js";
import type { Session } from "./logins.js";
import type { InfisicalAuth } from "./types.js";

/**
 * @param logIn one login. Its failure is kept if `isFinal` says so: a wrong client secret sent again and again locks the
 *   identity on current servers.
 */
export function createSession(
  auth: InfisicalAuth,
  logIn: (clientId: string, clientSecret: SecretValue) => Promise<SecretValue>,
  isFinal: (error: unknown) => boolean,
): Session {
  if (auth.kind === "token") {
    return { token: async () => auth.token, renew: async () => undefined };
  }
  let current: Promise<SecretValue> | undefined;
  const token = () => {
    current ??= logIn(auth.clientId, auth.clientSecret).catch((error) => {
      if (!isFinal(error)) current = undefined;
      throw error;
    });
    return current;
  };
  return {
    token,
    renew: async (refused) => {
      // Of several calls refused at once, the first one logs in for all.
      if ((await token()) === refused) current = undefined;
      return token();
    },
  };
}
