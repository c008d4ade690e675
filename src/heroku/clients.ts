import type { SecretValue } from "../secret.js";
import type { HerokuClient } from "./client.js";

/** Clients that a command shares with its updates: an account, and an app's UUID, are asked for once. */
export class HerokuClients {
  readonly #open: { readonly url: string; readonly key: SecretValue; readonly client: HerokuClient }[] = [];

  /** @param open makes the client, where nobody has one for this Heroku and key yet */
  at(url: string, key: SecretValue, open: () => HerokuClient): HerokuClient {
    const known = this.#open.find((one) => one.url === url && one.key.equals(key));
    if (known) return known.client;
    const client = open();
    this.#open.push({ url, key, client });
    return client;
  }
}
