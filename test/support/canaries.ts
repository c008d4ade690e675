// Every scenario's check: no value that was ever in the vault, on an app or typed into a command shows where others can read it.
import { type Catalog, flagVariable } from "../../src/catalog/index.js";
import type { LocalServices } from "../../src/local/index.js";
import { leaks, namesIn } from "./leaks.js";

/** A shorter name is also a word of plain English. */
const shortestName = 6;

export interface Places {
  /** Texts that anybody may read. */
  readonly shared: Readonly<Record<string, string>>;
  /** Texts that only the operator sees: they hold no value either, but may name what is outside the catalog. */
  readonly operators: Readonly<Record<string, string>>;
}

export class Canaries {
  readonly #values = new Map<string, string>();
  readonly #names = new Set<string>();
  readonly #exempt = new Map<string, string>();

  readonly #own: ReadonlySet<string>;
  readonly #ownFolders: ReadonlySet<string>;

  constructor(
    private readonly services: LocalServices,
    catalog: Catalog,
  ) {
    const { credentials, environments } = catalog;
    this.#own = new Set([flagVariable(catalog), ...credentials.map(({ name }) => name)]);
    this.#ownFolders = new Set([...credentials.map(({ vendor }) => vendor), ...environments.map(({ name }) => name)]);
    this.look();
  }

  /** Notes every value and every name outside the catalog that there is now. */
  look(): void {
    const { infisical, heroku } = this.services;
    for (const { name, path, value } of infisical.vault.allSecrets("prod")) {
      this.value(value, `${path}/${name}`);
      this.#name(name);
      if (
        path
          .split("/")
          .slice(2)
          .some((folder) => !this.#ownFolders.has(folder))
      )
        this.#names.add(path);
    }
    for (const app of heroku.apps.names())
      for (const [name, value] of Object.entries(heroku.apps.vars(app))) {
        this.value(value, `${name} on ${app}`);
        this.#name(name);
      }
  }

  value(value: string, what: string): void {
    if (!this.#values.has(value)) this.#values.set(value, what);
  }

  #name(name: string): void {
    if (!this.#own.has(name) && name.length >= shortestName) this.#names.add(name);
  }

  /** Lets a value or a name be seen. @param why it is no secret in this test */
  exempt(text: string, why: string): void {
    this.#exempt.set(text, why);
  }

  /** What shows where it may not, a line each; never the value. */
  found({ shared, operators }: Places): string[] {
    this.look();
    const values = new Map([...this.#values].filter(([value]) => !this.#exempt.has(value)));
    const names = [...this.#names].filter((name) => !this.#exempt.has(name));
    return [...leaks(values, { ...shared, ...operators }), ...namesIn(names, shared)];
  }
}

/** A state as text, without what the stack's secrets provider has encrypted. */
export const withoutCiphertext = (state: unknown): string =>
  JSON.stringify(state, (key, value: unknown) => (key === "ciphertext" ? undefined : value)) ?? "";
