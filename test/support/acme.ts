// Worlds of examples/acme, and of companies whose catalogs are like it.
import { cpSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Catalog, heldBy } from "../../src/catalog/index.js";
import { madeUpCompany, madeUpValue } from "../../src/cli/demo/company.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { done, World } from "./world.js";

export const acme = fileURLToPath(new URL("../../examples/acme/", import.meta.url));
const projectId = "3c1d2e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f";

/** A company's own project before its migration. */
export async function openCompany(project: string): Promise<World> {
  const catalog = await loadCatalog(await findCatalog(project));
  return World.open({ project, seed: madeUpCompany(catalog, { id: projectId, name: "Acme" }) });
}

/** All that an environment holds, written by an operator. */
export async function provision(world: World, environment: string): Promise<void> {
  for (const credential of heldBy(world.catalog, environment))
    done(
      await world.run(["provision", credential.name, "--env", environment], {
        input: madeUpValue(credential, environment),
      }),
    );
}

/** A project whose catalog is Acme's, changed. @returns its directory */
export async function changedProject(change: (catalog: Catalog) => Catalog): Promise<string> {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-catalog-"));
  cpSync(join(acme, "Pulumi.yaml"), join(dir, "Pulumi.yaml"));
  const catalog = change(await loadCatalog(await findCatalog(acme)));
  writeFileSync(join(dir, "catalog.ts"), `export default ${JSON.stringify(catalog)};\n`);
  for (const { name } of catalog.environments) cpSync(join(acme, "Pulumi.dev.yaml"), join(dir, `Pulumi.${name}.yaml`));
  return dir;
}
