import type { SecretValue } from "../../secret.js";
import type { InfisicalAuth } from "./types.js";

/** The token that requests carry. */
export interface Session {
  /** Logs in when first asked; calls at the same time share one login. */
  token(): Promise<SecretValue>;
  /** A token other than `refused`, or undefined if there is no way to get one. */
  renew(refused: SecretValue): Promise<SecretValue | undefined>;
}

/** Logins that clients share, such as those of one command: a token is asked for once at each place. */
export class Logins {
  readonly #sessions = new Map<string, Session>();

  /** @param open makes the session, where nobody has logged in there as this identity yet */
  at(url: string, auth: InfisicalAuth, open: () => Session): Session {
    const secret = auth.kind === "token" ? auth.token : auth.clientSecret;
    const key = JSON.stringify([url, auth.kind === "token" ? "" : auth.clientId, secret.reveal()]);
    const session = this.#sessions.get(key) ?? open();
    this.#sessions.set(key, session);
    return session;
  }
}

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
