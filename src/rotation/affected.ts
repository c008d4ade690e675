// Which apps a rotation reaches: `_propagate_to_heroku()` of docs/console-vault-env-aware.md. Pure.
import { type Catalog, credentialOf, mayHold } from "../catalog/index.js";
import { resolve } from "../resolver/index.js";

export interface AffectedApp {
  readonly app: string;
  readonly environment: string;
}

/**
 * Every app that reads the path that is written, each environment resolved by its own running flag. So, for a credential that
 * differs per environment: flag on, the environment's own apps and no other; flags off, all sites; one on and one off, the flat
 * path reaches only the apps of the one that is off.
 *
 * An app of an environment that may never hold the credential is never reached.
 *
 * @param flags the running flag of every environment
 */
export function affectedApps(
  catalog: Catalog,
  name: string,
  path: string,
  root: string,
  flags: Readonly<Record<string, boolean>>,
): AffectedApp[] {
  const credential = credentialOf(catalog, name);
  return catalog.environments
    .filter((environment) => mayHold(credential, environment.name))
    .filter(
      (environment) =>
        resolve(name, environment.name, { catalog, root, flag: flags[environment.name] ?? false }).path === path,
    )
    .flatMap((environment) => Object.values(environment.apps).map((app) => ({ app, environment: environment.name })));
}
