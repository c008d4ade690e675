import { type Catalog, environmentOf } from "../catalog/index.js";
import { UsageError } from "../errors.js";
import type { Io } from "./io.js";

/**
 * The environment of a command that writes. Only the pure resolver falls back in silence: here a person has to type the
 * fallback's name, and without a person it is wrong use.
 */
export async function environmentToWrite(io: Io, catalog: Catalog, given: string | undefined): Promise<string> {
  if (given !== undefined) return environmentOf(catalog, given).name;
  const { fallback } = catalog;
  if (!io.interactive)
    throw new UsageError(
      `Say which environment is meant: --env ${catalog.environments.map(({ name }) => name).join(" or --env ")}. (The resolver would fall back to ${fallback}.)`,
    );
  const { input } = await import("@inquirer/prompts");
  const typed = await input({ message: `No --env: the fallback is ${fallback}. Type its name to go on` });
  if (typed.trim() !== fallback)
    throw new UsageError(`Nothing was changed. Say which environment is meant with --env.`);
  return fallback;
}
