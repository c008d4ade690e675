import { type Catalog, environmentOf } from "../../catalog/index.js";
import type { StackConfig } from "../../config/index.js";
import {
  authFromEnvironment,
  type FolderRights,
  type InfisicalAuth,
  type TokenHolder,
  VaultProbe,
} from "../../vault/client/index.js";
import { type Check, type CheckName, missing, missingFor, note, ok, unknown } from "./check.js";
import { judgeClock } from "./clock.js";
import { foldersOf, judgeRights, needsOf } from "./rights.js";

/** A vault, and the stacks that are kept in it. */
export interface VaultPlace {
  readonly url: string;
  readonly loopback: boolean;
  /** Whether somebody named the URL: a token is sent to no server that is only a default. */
  readonly named: boolean;
  readonly configs: readonly StackConfig[];
}

const day = 86_400_000;

export async function checkVault(
  env: NodeJS.ProcessEnv,
  catalog: Catalog | undefined,
  place: VaultPlace,
  signal: AbortSignal,
): Promise<Check[]> {
  const checks: Check[] = [];
  const auth = readAuth(env, checks);
  const [config] = place.configs;
  const { infisicalProjectId: projectId = "", infisicalEnvironment: environment = "" } = config ?? {};
  const probe = new VaultProbe({ url: place.url, projectId, environment, auth, signal });
  if ((await attempt(checks, "infisical", place.url, () => reachable(probe, place.url))) && auth) {
    if (!place.named)
      checks.push(
        unknown(
          "infisical-token",
          "",
          "no project names a server, so it was sent to none",
          "Set INFISICAL_API_URL, or run the command in a project.",
        ),
      );
    else if (await attempt(checks, "infisical-token", "", async () => judgeHolder(await probe.holder(), new Date())))
      if (config && catalog) await checkProject(probe, catalog, place.configs, checks);
  }
  return [
    ...checks,
    ...judgeClock("Infisical", probe.date, new Date(), place.loopback),
    ...probe.limits.map(({ route, limit, remaining, resetSeconds }) =>
      remaining > 0
        ? ok("rate-limit", "Infisical", `${route}: ${remaining} of ${limit} requests left`)
        : note("rate-limit", "Infisical", `${route}: none of ${limit} requests left`, `Wait ${resetSeconds} s.`),
    ),
  ];
}

/** @returns whether it is as it should be */
async function attempt(
  checks: Check[],
  check: CheckName,
  subject: string,
  look: () => Promise<Check>,
): Promise<boolean> {
  const found = await look().catch((error: unknown) => missingFor(check, subject, error));
  checks.push(found);
  return found.state !== "missing";
}

function readAuth(env: NodeJS.ProcessEnv, checks: Check[]): InfisicalAuth | undefined {
  try {
    return authFromEnvironment(env);
  } catch (error) {
    checks.push(missingFor("infisical-token", "", error));
    return undefined;
  }
}

async function reachable(probe: VaultProbe, url: string): Promise<Check> {
  await probe.status();
  const lacking = await probe.missingRoutes();
  const routes = { v4: "secrets v4, folders v2", v3: "secrets v3, folders v1" };
  if (lacking.length === 0) return ok("infisical", url, `answers, API: ${routes[await probe.apiVersion()]}`);
  return missing(
    "infisical",
    url,
    `has no ${lacking.join(" and ")}`,
    "Use a server that has both: Infisical of October 2024 or later.",
  );
}

/** Whose token it is and until when. */
export function judgeHolder(holder: TokenHolder, now: Date): Check {
  const whose =
    holder.kind === "service token"
      ? `service token ${JSON.stringify(holder.name)}, ${holder.permissions.join(" and ")} at ${holder.scopes
          .map(({ environment, secretPath }) => `${secretPath} (${environment})`)
          .join(", ")}`
      : `machine identity${holder.id ? ` ${holder.id}` : ""}`;
  const { expiresAt } = holder;
  if (!expiresAt) return ok("infisical-token", "", `${whose}; no end`);
  const until = `${whose}; until ${expiresAt.toISOString().replace(/\.\d+Z$/, "Z")}`;
  const left = expiresAt.getTime() - now.getTime();
  const renew = "Make a new one in Infisical, and set it in the environment of your shell.";
  if (left <= 0) return missing("infisical-token", "", until, renew);
  // A machine identity that logs in gets a new access token each time.
  return left < day && holder.kind === "service token"
    ? note("infisical-token", "", until, renew)
    : ok("infisical-token", "", until);
}

/** The project, its environment, and the rights at every folder that the stacks use. */
async function checkProject(
  probe: VaultProbe,
  catalog: Catalog,
  configs: readonly StackConfig[],
  checks: Check[],
): Promise<void> {
  const { infisicalProjectId, infisicalEnvironment } = configs[0]!;
  const known = await attempt(checks, "infisical-project", "", async () => {
    await probe.folders("/");
    return ok("infisical-project", "", `${infisicalProjectId}, environment ${infisicalEnvironment}`);
  });
  if (!known) return;
  try {
    checks.push(...(await rights(probe, catalog, configs, infisicalEnvironment)));
  } catch (error) {
    checks.push(missingFor("rights", "", error));
  }
}

async function rights(
  probe: VaultProbe,
  catalog: Catalog,
  configs: readonly StackConfig[],
  slug: string,
): Promise<Check[]> {
  const below = new Map<string, string[]>();
  for (const path of new Set(
    configs.flatMap((config) => foldersOf(catalog, config).flatMap(({ flat }) => [parentOf(flat), flat])),
  ))
    below.set(path, await probe.folders(path));
  const exists = (path: string) => below.get(parentOf(path))?.includes(path.split("/").at(-2)!) ?? false;
  const needs = configs.flatMap((config) =>
    needsOf(catalog, environmentOf(catalog, config.environment), config, exists),
  );
  const paths = [...new Set(needs.map(({ path }) => path))];
  const has = new Map<string, FolderRights>();
  for (const path of paths) has.set(path, await probe.rights(path, exists(path)));
  const gone = new Set(
    configs
      .flatMap((config) => foldersOf(catalog, config))
      .map(({ flat }) => flat)
      .filter((flat) => !exists(flat)),
  );
  const absent = [...gone].map((flat) =>
    note(
      "rights",
      flat,
      "there is no such folder",
      "Check console-vault:root, and the catalog's vendors; up makes what is missing.",
    ),
  );
  return [...absent, ...judgeRights(needs, has, slug)];
}

const parentOf = (path: string): string => path.replace(/[^/]+\/$/, "");
