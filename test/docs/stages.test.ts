// docs/stages.md, made by a migration: what each app holds at each of its stages. Write it again with
// `npx vitest run test/docs/stages.test.ts --update`.
import { afterAll, beforeAll, expect, it } from "vitest";
import { environmentScoped } from "../support/document.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

type Name = keyof typeof environmentScoped;
const names = Object.keys(environmentScoped) as Name[];
const apps = ["raxx-console-staging", "raxx-api-staging", "raxx-console-prod", "raxx-api-prod"];
const variable = "FLAG_CONSOLE_VAULT_ENV_AWARE";

let world: World;
/** Every value that was somewhere, by what a person would call it. */
const known = new Map<string, string>();

beforeAll(async () => {
  const managed = (env: string) => ({
    manage: { STRIPE_RESTRICTED_KEY: [`raxx-api-${env}`] },
    takeover: { [`raxx-api-${env}`]: { STRIPE_RESTRICTED_KEY: "this stack keeps it from now on" } },
  });
  world = await World.open({ config: { staging: managed("staging"), prod: managed("prod") } });
  for (const name of names) known.set(world.flat(name)!, "the flat value");
});
afterAll(() => world.close());

function cell(app: string): string {
  const vars = world.apps.vars(app);
  const byLabel = new Map<string, string[]>();
  for (const name of names)
    if (vars[name] !== undefined) {
      const label = known.get(vars[name]) ?? "an unknown value";
      byLabel.set(label, [...(byLabel.get(label) ?? []), `\`${name}\``]);
    }
  const flag = app.includes("console") ? [`flag ${vars[variable] === "true" ? "**on**" : "off"}`] : [];
  return [...flag, ...[...byLabel].map(([label, list]) => `${label}: ${list.join(", ")}`)].join("<br>");
}

const stages: string[][] = [];
const stage = (title: string) => stages.push([title, ...apps.map(cell)]);

it("each app holds at each stage what docs/stages.md says", { timeout: 300_000 }, async () => {
  stage("before");

  const values = Object.fromEntries(
    names.filter((name) => !name.includes("LIVE")).map((name) => [name, valueFor(name, "staging")]),
  );
  for (const value of Object.values(values)) known.set(value, "staging's own");
  await world.provisionStaging(values);
  done(await world.up("staging"));
  done(await world.up("prod"));
  stage("both prepared, flags off");

  world.set("staging", "vaultEnvAware", true);
  done(await world.up("staging"));
  stage("staging on: the soak");

  const postmark = valueFor("POSTMARK_SERVER_TOKEN", "staging");
  known.set(postmark, "staging's rotated");
  done(await world.rotate("POSTMARK_SERVER_TOKEN", "staging", postmark));
  stage("`rotate POSTMARK_SERVER_TOKEN --env staging`");

  world.hoursPass(48);
  done(await world.run(["promote", "--yes"]));
  stage("48 hours later: `promote`");

  const stripe = valueFor("STRIPE_RESTRICTED_KEY", "prod");
  known.set(stripe, "prod's rotated");
  done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", stripe));
  stage("`rotate STRIPE_RESTRICTED_KEY --env prod`");

  done(await world.run(["rollback", "--stack", "prod", "--yes", "--restore-flat"]));
  stage("`rollback --stack prod --restore-flat`");

  done(await world.run(["rollback", "--stack", "staging", "--yes"]));
  stage("`rollback --stack staging`");

  // Whatever happened, staging's apps never got prod's rotated key, and prod's never one of staging's.
  for (const app of apps) {
    const held = Object.values(world.apps.vars(app)).map((value) => known.get(value) ?? "");
    expect(held.filter((label) => label.startsWith(app.endsWith("staging") ? "prod's" : "staging's"))).toEqual([]);
  }
  const table = [["stage", ...apps.map((app) => `\`${app}\``)], ["---", ...apps.map(() => "---")], ...stages]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
  await expect(`# What each app holds, stage by stage

Made by a migration on the local services (\`test/docs/stages.test.ts\`). \`STRIPE_RESTRICTED_KEY\` is managed on the api apps of
both stacks (\`manage\`, with \`takeover\`); every other credential on an app is somebody else's, and only a rotation touches it.
"The flat value" is the one that both environments shared before.

${table}

- A flag is one var of one console app. Turning it on or off takes nothing from any app.
- While staging's flag is off its apps keep what they have: the stack does not hand them prod's values.
- A rotation reaches the apps that read the path that it writes: of its own environment those that manage or have the var, of another
  those that have the path's previous value. Every other value is kept and reported, and no staging app gets a live key for one of
  another kind, whichever flag is on.
`).toMatchFileSnapshot("../../docs/stages.md");
});
