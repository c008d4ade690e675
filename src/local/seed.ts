/** The whole seed file of `local start --seed FILE`: what both local services hold when they start. */
import { z } from "zod";
import { defaultHerokuSeed, HerokuSeed } from "./heroku/seed.js";
import { defaultInfisicalSeed } from "./infisical/default-seed.js";
import { infisicalSeedSchema } from "./infisical/seed.js";

export const localSeedSchema = z.strictObject({ infisical: infisicalSeedSchema, heroku: HerokuSeed });

/** A seed as one writes it. */
export type LocalSeed = z.input<typeof localSeedSchema>;

/** The company of docs/console-vault-env-aware.md before its migration, with new values at every call. */
export function defaultSeed(): LocalSeed {
  const infisical = defaultInfisicalSeed();
  const folders = Object.values(infisical.secrets?.prod ?? {});
  const flat = Object.fromEntries(
    folders.flatMap((names) =>
      Object.entries(names).map(([name, secret]) => [name, typeof secret === "string" ? secret : secret.value]),
    ),
  );
  return { infisical, heroku: defaultHerokuSeed(flat) };
}
