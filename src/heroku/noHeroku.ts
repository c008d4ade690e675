import { SecretValue } from "../secret.js";
import { HerokuClient } from "./client.js";

/**
 * For a company none of whose environments has an app: it needs no key and asks nothing. Its clock is this machine's, since there are
 * no releases to compare it with and no flag that soaks; its account has no e-mail address.
 */
export class NoHeroku extends HerokuClient {
  constructor() {
    super({ auth: { kind: "bearer", key: SecretValue.of("none") } });
  }

  override now(): Date {
    return new Date();
  }

  override async account() {
    return { id: "", email: "" };
  }
}
