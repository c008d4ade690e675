import { type Catalog, environmentOf } from "../../catalog/index.js";
import { HerokuClient } from "../../heroku/index.js";
import type { SecretValue } from "../../secret.js";
import { type Check, missing, missingFor, note, ok } from "./check.js";
import { judgeClock } from "./clock.js";

/** Heroku as some stacks ask it: with one key, at one URL. */
export interface HerokuPlace {
  readonly url: string;
  readonly loopback: boolean;
  readonly key: SecretValue;
  readonly environments: readonly string[];
}

/** Requests that an update and its retries take at most, generously. */
const comfortable = 100;

export async function checkHeroku(catalog: Catalog | undefined, place: HerokuPlace): Promise<Check[]> {
  const { url, key, loopback } = place;
  const heroku = new HerokuClient({ url, auth: { kind: "bearer", key }, timeoutMs: 10_000, retry: { retries: 0 } });
  const checks: Check[] = [];
  try {
    const { email } = await heroku.account();
    checks.push(
      ok(
        "heroku",
        url,
        `answers as version 3 of the Platform API; the key is ${email}'s, until when \`heroku authorizations\` says`,
      ),
    );
    const visible = new Set((await heroku.apps()).map(({ name }) => name));
    for (const name of catalog ? place.environments : []) {
      const apps = Object.values(environmentOf(catalog!, name).apps);
      checks.push(judgeApps(name, email, apps, visible));
    }
  } catch (error) {
    checks.push(missingFor("heroku", url, error));
    return checks;
  }
  checks.push(...judgeClock("Heroku", heroku.now(), new Date(), loopback));
  const left = heroku.requestsLeft;
  if (left !== undefined)
    checks.push(
      left >= comfortable
        ? ok("rate-limit", "Heroku", `${left} requests left`)
        : note("rate-limit", "Heroku", `${left} requests left`, "Wait: 75 come back a minute."),
    );
  return checks;
}

function judgeApps(environment: string, email: string, apps: readonly string[], visible: ReadonlySet<string>): Check {
  const unseen = apps.filter((app) => !visible.has(app));
  if (unseen.length === 0) return ok("heroku-apps", environment, apps.length > 0 ? apps.join(", ") : "it has none");
  return missing(
    "heroku-apps",
    environment,
    `${email} does not see ${unseen.join(", ")}`,
    unseen.map((app) => `heroku access:add ${email} --app ${app}`).join("; "),
  );
}
