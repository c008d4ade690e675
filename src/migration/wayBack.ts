// What turning the flag off would lead its readers to. Pure.
import { type Catalog, heldBy } from "../catalog/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { VaultRow } from "./world.js";

export interface WayBack {
  /** Names that are not at their flat path any more. */
  readonly gone: readonly { readonly name: string; readonly path: string }[];
  /**
   * Names whose flat value is not the one in use. None for an environment that does not own the flat path: another
   * environment's values are there by design.
   */
  readonly different: readonly { readonly name: string; readonly flat: VaultRow; readonly current: VaultRow }[];
}

export function wayBack(catalog: Catalog, environment: string, root: string, rows: readonly VaultRow[]): WayBack {
  const names = heldBy(catalog, environment).map(({ name, vendor }) => {
    const path = flatPath(root, vendor);
    const at = (where: string) => rows.find((row) => row.name === name && row.path === where);
    return { name, path, flat: at(path), current: at(environmentPath(root, vendor, environment)) };
  });
  return {
    gone: names.filter(({ flat }) => !flat).map(({ name, path }) => ({ name, path })),
    different: names.flatMap(({ name, flat, current }) =>
      environment === catalog.fallback && flat && current && !current.value.equals(flat.value)
        ? [{ name, flat, current }]
        : [],
    ),
  };
}
