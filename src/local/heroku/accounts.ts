// Who may ask the local Heroku, and with which keys.
import { createHash, randomUUID } from "node:crypto";
import { unauthorized } from "./errors.js";
import { type HerokuSeed, newKey } from "./seed.js";

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly apps: Set<string>;
}

/** An OAuth authorization: what an API key is. */
export interface Authorization {
  readonly id: string;
  readonly key: string;
  readonly account: Account;
  readonly description: string;
  readonly created_at: string;
  /** Names of the apps it sees, when it sees less than its account. */
  readonly apps: ReadonlySet<string> | undefined;
}

/**
 * `valid`: only the keys that are valid now, as Heroku does. `any`: besides, an unknown key that looks like one is taken for
 * one of the first account, so that a made-up new credential can be tried out. A revoked key is never taken.
 */
export type KeyCheck = "valid" | "any";

export class Accounts {
  readonly #accounts: Account[];
  readonly #authorizations = new Map<string, Authorization>();
  readonly #revoked = new Set<string>();
  readonly #now: () => string;
  keyCheck: KeyCheck = "valid";

  /** @param now ISO 8601 with seconds */
  constructor(seeds: HerokuSeed["accounts"], now: () => string) {
    this.#now = now;
    this.#accounts = seeds.map(({ id, email, apps }) => ({ id: id ?? stableId(email), email, apps: new Set(apps) }));
    for (const [index, { keys }] of seeds.entries()) {
      for (const key of keys) {
        const own = typeof key === "string" ? { key, apps: undefined } : { key: key.key, apps: new Set(key.apps) };
        this.#issue(this.#accounts[index]!, own.key, "Long-lived user authorization", own.apps);
      }
    }
  }

  /** Of the apps' owners: the first account that names the app, else the first of all. */
  ownerOf(app: string): Account {
    return this.#accounts.find((account) => account.apps.has(app)) ?? this.account();
  }

  /** @throws PlatformError 401 for a key that is not valid now. */
  authorize(key: string): Authorization {
    const known = this.#authorizations.get(key);
    if (known) return known;
    const taken = this.keyCheck === "any" && !this.#revoked.has(key) && looksLikeKey(key);
    if (!taken) throw unauthorized();
    return this.#issue(this.#accounts[0]!, key, "Taken for a key", undefined);
  }

  /** @throws Error when there is no such account. */
  account(email?: string): Account {
    const account = email === undefined ? this.#accounts[0] : this.#accounts.find((one) => one.email === email);
    if (!account) throw new Error(`no account ${email} in the local Heroku`);
    return account;
  }

  /** Somebody who changes apps, with an account here or without. */
  person(email?: string): Account {
    const known = email === undefined ? this.account() : this.#accounts.find((one) => one.email === email);
    return known ?? { id: stableId(email ?? ""), email: email ?? "", apps: new Set() };
  }

  authorizations(account: Account): Authorization[] {
    return [...this.#authorizations.values()].filter((one) => one.account === account);
  }

  issueKey(account: Account, key = newKey(), description = "Long-lived user authorization"): Authorization {
    return this.#authorizations.get(key) ?? this.#issue(account, key, description, undefined);
  }

  revokeKey(key: string): void {
    this.#authorizations.delete(key);
    this.#revoked.add(key);
  }

  #issue(account: Account, key: string, description: string, apps: Set<string> | undefined): Authorization {
    const authorization = { id: randomUUID(), key, account, description, created_at: this.#now(), apps };
    this.#revoked.delete(key);
    this.#authorizations.set(key, authorization);
    return authorization;
  }
}

const looksLikeKey = (key: string) =>
  /^(HRKU-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key) || /^HRKU-\w/.test(key);

/** A UUID that is always the same for a name. */
export function stableId(name: string): string {
  const hex = createHash("sha256").update(`local heroku/${name}`).digest("hex");
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
