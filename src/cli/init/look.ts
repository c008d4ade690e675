// What `init` sees: folders and names of the vault, apps and their config vars. Values stay in memory, to be compared.
import type { HerokuClient } from "../../heroku/index.js";
import type { AppsByEnvironment, SeenCredential } from "../../migration/index.js";
import type { SecretValue } from "../../secret.js";
import { type InfisicalClient, InfisicalError, type SecretEntry } from "../../vault/client/index.js";

/** The flat folders below a root, and what is in them. */
export interface SeenVault {
  readonly rows: readonly (SecretEntry & { readonly vendor: string })[];
  /** What is there and cannot be in a catalog, in words. */
  readonly leftOut: readonly string[];
}

/** Names that a catalog takes: they become environment variables. */
const isVariable = (name: string) => /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name);

export async function readVault(vault: InfisicalClient, root: string): Promise<SeenVault> {
  const rows = new Map<string, SecretEntry & { vendor: string }>();
  const leftOut: string[] = [];
  for (const { name: vendor, path } of await vault.listFolders(root)) {
    const entries = await vault.listSecrets(path).catch((error: unknown) => {
      if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
      leftOut.push(`${path}: the token may not read it`);
      return [];
    });
    for (const entry of entries) {
      const { name } = entry;
      const known = rows.get(name);
      if (!isVariable(name)) leftOut.push(`a name at ${path} that cannot be an environment variable`);
      else if (known) leftOut.push(`${name} at ${path}: it is at ${known.path} as well`);
      else rows.set(name, { ...entry, vendor });
    }
  }
  return { rows: [...rows.values()], leftOut };
}

/** Which apps have which of the vault's names. */
export async function readApps(
  heroku: HerokuClient,
  apps: AppsByEnvironment,
  { rows }: SeenVault,
): Promise<SeenCredential[]> {
  const vars: { environment: string; role: string; values: ReadonlyMap<string, SecretValue> }[] = [];
  for (const [environment, byRole] of Object.entries(apps))
    for (const [role, app] of Object.entries(byRole))
      vars.push({ environment, role, values: await heroku.configVars(app) });
  return rows.map(({ name, vendor, value }) => ({
    name,
    vendor,
    value,
    on: vars.flatMap(({ environment, role, values }) => {
      const found = values.get(name);
      return found ? [{ environment, role, value: found }] : [];
    }),
  }));
}
