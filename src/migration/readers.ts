// Which names a reader may see. Plans, state, logs, errors, reports and comments go to many people, so they hold the names of the
// catalog only. Every other name of a vault or an app is its owner's business: the operator's own terminal alone shows it.
import { type Catalog, flagVariable } from "../catalog/index.js";

/** The name, if everybody may see it; undefined for a secret, var or folder outside the catalog. */
export function publicName(catalog: Catalog, name: string): string | undefined {
  return name === flagVariable(catalog) || catalog.credentials.some((one) => one.name === name) ? name : undefined;
}

/** Completes a sentence that leaves a name out. */
export const howToSee = "console-vault status shows its name, in a terminal";
