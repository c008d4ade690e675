// The running flags while a rotation writes: they decide who reads what it wrote.
import { type Catalog, flagApps, flagVariable, hasFlag } from "../catalog/index.js";
import { Refusal } from "../errors.js";
import type { HerokuClient } from "../heroku/index.js";
import { appsInWords, flagWords, isFlagOn } from "../migration/index.js";

export type Flags = Readonly<Record<string, boolean>>;

/**
 * The running flag of every environment, from its app's config vars. Without one nothing says which path is read: the flat path holds
 * the fallback's values, so a value of another environment belongs at its own path.
 *
 * @throws Refusal where a flag is on on some of an environment's apps only: both paths are read there; HerokuError
 */
export async function readFlags(heroku: HerokuClient, catalog: Catalog): Promise<Flags> {
  const { environments } = catalog;
  const flags: Record<string, boolean> = {};
  for (const { name } of environments)
    flags[name] = hasFlag(catalog, name) ? await readOne(heroku, catalog, name) : name !== catalog.fallback;
  return flags;
}

async function readOne(heroku: HerokuClient, catalog: Catalog, environment: string): Promise<boolean> {
  const variable = flagVariable(catalog);
  const apps: { app: string; running: boolean }[] = [];
  for (const app of flagApps(catalog, environment))
    apps.push({ app, running: await isFlagOn(heroku, { app, variable }) });
  const [first] = apps;
  if (apps.every(({ running }) => running === first!.running)) return first!.running;
  throw new Refusal(
    `${variable} of ${environment} is ${flagWords({ app: "", running: false, apps })}: both paths are read there. First:
  console-vault up --stack ${environment}`,
    { code: "flag-partly", environment, apps },
  );
}

export interface Begun {
  readonly catalog: Catalog;
  readonly name: string;
  /** That is rotated. */
  readonly environment: string;
  readonly path: string;
  /** Whether the path is the flat one. */
  readonly flat: boolean;
  readonly flags: Flags;
}

/** A flag is not any more what it was when the rotation began: what the rotation wrote may not be read. */
export class FlagMoved extends Error {
  override readonly name = "FlagMoved";
  constructor(begun: Begun, now: Flags) {
    const { catalog, name, path, flags } = begun;
    const word = (on: boolean | undefined) => (on ? "on" : "off");
    const moved = catalog.environments.filter((one) => flags[one.name] !== now[one.name]);
    const lines = moved.map(
      (one) =>
        `${flagVariable(catalog)} is ${word(now[one.name])} (${appsInWords(flagApps(catalog, one.name))}); it was ${word(flags[one.name])} when this rotation began.`,
    );
    const { setting, commands } = repair(begun, now);
    super(
      [
        ...lines,
        `The new value of ${name} is at ${path}, and no further app was set. ${setting ? `Set ${setting}, then type` : "Type"}, with the same value:`,
        ...commands.map((command) => `  ${command}`),
      ].join("\n"),
    );
  }
}

/** What brings the value to where it is read, and the flag to what is wanted. */
function repair({ catalog, name, environment, flat, flags }: Begun, now: Flags) {
  const { fallback } = catalog;
  const moved = (one: string) => flags[one] !== now[one];
  const rotate = (one: string) => `console-vault rotate ${name} --env ${one}`;
  // At the flat path it is the fallback's value, whoever's rotation wrote it.
  if (flat && moved(fallback))
    return {
      setting: `console-vault:vaultEnvAware: true in Pulumi.${fallback}.yaml`,
      commands: [`console-vault up --stack ${fallback}`, rotate(fallback)],
    };
  if (flat) return { commands: [rotate(moved(environment) ? fallback : environment)] };
  if (!moved(environment)) return { commands: [rotate(environment)] };
  // Back at the flat path the fallback's value belongs there; another environment's never does, so its flag goes on again.
  const agree = environment === fallback ? "rollback" : "up";
  return { commands: [`console-vault ${agree} --stack ${environment}`, rotate(environment)] };
}
