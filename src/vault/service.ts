// The `vault.py` of docs/console-vault-env-aware.md: reads and writes by name, wherever the resolver says that the name lives.
import { type Catalog, consoleCatalog, credentialOf, forbiddenIn, judge, ruleRefusal } from "../catalog/index.js";
import { Refusal } from "../errors.js";
import { environmentPath, flatPath, type Resolution, resolve } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import { type InfisicalClient, put, trimmed } from "./client/index.js";

/**
 * What a vault service is made of.
 *
 * @example
 * ```ts
 * import { type InfisicalClient, type VaultOptions } from "console-vault/vault";
 * const optionsFor = (client: InfisicalClient): VaultOptions => ({ client, flag: () => true });
 * ```
 */
export interface VaultOptions {
  readonly client: InfisicalClient;
  readonly catalog?: Catalog;
  /** Default: the catalog's. */
  readonly root?: string;
  /** Whether the flag is on. Default: `FLAG_CONSOLE_VAULT_ENV_AWARE` of this process, asked at every call. */
  readonly flag?: () => boolean;
}

/**
 * A value that was read, with the reason for its path.
 *
 * @example
 * ```ts
 * import type { Read, Vault } from "console-vault/vault";
 * const describe = ({ name, path, why }: Read) => `${name} at ${path}: ${why}`;
 * const look = async (vault: Vault) => describe(await vault.read("HEROKU_API_KEY", "staging"));
 * ```
 */
export interface Read extends Resolution {
  readonly value: SecretValue;
  /** `id@version`: another one after each write. */
  readonly revision: string;
}

/**
 * Reads and writes credentials by name, wherever the resolver says that they live.
 *
 * @example
 * ```ts
 * import type { Vault } from "console-vault/vault";
 * const herokuKey = async (vault: Vault) => (await vault.read("HEROKU_API_KEY")).value.reveal();
 * ```
 */
export interface Vault {
  /**
   * The value of a credential for the active environment (argument, request context, `"prod"`).
   * @throws UnknownNameError; InfisicalError; Refusal where nothing is at the path: it names the path
   */
  read(name: string, env?: string): Promise<Read>;
  /**
   * Writes a credential where `read` would find it, after its rules, and reads it back. The folder must exist.
   * @throws UnknownNameError; InfisicalError; Refusal where a rule is broken or an approval is needed
   */
  write(name: string, value: SecretValue, env?: string): Promise<Read>;
}

/**
 * A vault service over a client of Infisical.
 *
 * @example
 * ```ts
 * import { withEnvironment } from "console-vault/resolver";
 * import { authFromEnvironment, createInfisicalClient, createVault } from "console-vault/vault";
 * const auth = authFromEnvironment(process.env);
 * const client = createInfisicalClient({ url: "https://app.infisical.com", projectId: "…", environment: "prod", auth });
 * const vault = createVault({ client });
 * const { value } = await withEnvironment("staging", () => vault.read("HEROKU_API_KEY"));
 * ```
 */
export function createVault({ client, catalog = consoleCatalog, root = catalog.root, flag }: VaultOptions): Vault {
  const resolved = (name: string, env: string | undefined) =>
    resolve(name, env, { catalog, root, ...(flag ? { flag: flag() } : {}) });

  const found = async (at: Resolution): Promise<Read> => {
    const secret = await client.getSecret(at.path, at.name);
    if (!secret)
      throw new Refusal(`${at.name} is not at ${at.path} (${at.why})`, {
        code: "absent",
        name: at.name,
        path: at.path,
      });
    return { ...at, value: secret.value, revision: secret.revision };
  };

  const obeyRules = async (at: Resolution, value: SecretValue): Promise<void> => {
    const { rules, vendor } = credentialOf(catalog, at.name);
    // The flat path holds the fallback environment's value, whoever asks.
    const environment = at.path === flatPath(root, vendor) ? catalog.fallback : at.environment;
    const places = new Map<string, string | undefined>([
      [flatPath(root, vendor), undefined],
      ...catalog.environments.map((one) => [environmentPath(root, vendor, one.name), one.name] as const),
    ]);
    const rows = await client.listSecrets(flatPath(root, vendor), { recursive: true });
    const { findings } = judge(
      { name: at.name, environment, value, rules },
      {
        held: rows.filter(({ path }) => places.has(path)).map((row) => ({ ...row, environment: places.get(row.path) })),
        forbidden: forbiddenIn(catalog, environment),
        fallback: catalog.fallback,
      },
    );
    if (findings.length > 0) throw ruleRefusal(`${at.name} is not written to ${at.path}:`, findings);
  };

  return {
    read: async (name, env) => found(resolved(name, env)),
    write: async (name, value, env) => {
      const at = resolved(name, env);
      const stored = trimmed(value);
      await obeyRules(at, stored);
      const before = await client.getSecret(at.path, name);
      if (before?.value.equals(stored)) return { ...at, value: before.value, revision: before.revision };
      const result = await put(client, at.path, { name, value: stored }, { exists: before !== undefined });
      if (result.is === "approval")
        throw new Refusal(`Infisical keeps the change of ${name} at ${at.path} for an approval; it is not made yet.`, {
          code: "approval",
          name,
          path: at.path,
        });
      if (result.is === "written") return { ...at, value: result.row.value, revision: result.row.revision };
      throw new Refusal(
        `${name} was written to ${at.path}, and another value is read back there: somebody else wrote it too.`,
        { code: "other-value", name, path: at.path },
      );
    },
  };
}
