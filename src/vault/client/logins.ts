import type { SecretValue } from "../../secret.js";

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
  readonly #versions = new Map<string, "v4" | "v3">();

  /** What a client has found out of a server's API. */
  noteVersion(url: string, version: "v4" | "v3"): void {
    this.#versions.set(url, version);
  }

  versionAt(url: string): "v4" | "v3" | undefined {
    return this.#versions.get(url);
  }

  /**
   * @param identity what the session logs in with
   * @param open makes the session, where nobody has logged in there with it yet
   */
  at(url: string, identity: readonly (string | SecretValue)[], open: () => Session): Session {
    const key = JSON.stringify([url, ...identity.map((one) => (typeof one === "string" ? one : one.reveal()))]);
    const session = this.#sessions.get(key) ?? open();
    this.#sessions.set(key, session);
    return session;
  }
}
