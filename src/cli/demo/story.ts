// The story that the demo tells of a company, by the commands that an operator types: from the flat vault, environment after
// environment in the order of promotion, to retired flat copies.
import { type Catalog, flaggedEnvironments, flagRoles, flagVariable, heldBy, mayHold } from "../../catalog/index.js";
import { madeUpValue } from "./company.js";
import type { Stage } from "./stage.js";

const capital = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}`;
const up = (stage: Stage, name: string) => stage.run(["up", "--stack", name, "--yes"]);

/** Environments, but for the one whose values the flat folders hold: `dev and staging`. */
const others = ({ environments, fallback }: Catalog) =>
  environments
    .map(({ name }) => name)
    .filter((name) => name !== fallback)
    .join(" and ");

/** Tells it to the end. @param page where the status page goes */
export async function tellStory(stage: Stage, page: string | undefined): Promise<void> {
  const { catalog, begins } = stage.company;
  await theFlatVault(stage, catalog);
  if (begins === "an empty folder") await aProject(stage, catalog);
  const flagged = flaggedEnvironments(catalog);
  for (const { name, source } of catalog.environments) {
    await (source === "copy" ? copied(stage, name) : provisioned(stage, name));
    const before = flagged[flagged.indexOf(name) - 1];
    if (before) await promoted(stage, before, name);
    else if (flagged.includes(name)) await turnedOn(stage, name);
  }
  await backAndForth(stage, flagged.at(-2)!, flagged.at(-1)!);
  await retired(stage, catalog.fallback);
  await whereItStands(stage, page);
}

async function theFlatVault(stage: Stage, catalog: Catalog): Promise<void> {
  const { name } = catalog.credentials[0]!;
  const first = catalog.environments[0]!.name;
  stage.say(
    "The flat vault",
    `One folder per vendor, shared by ${others(catalog)} and ${catalog.fallback}: rotating ${first}'s key rotates ${catalog.fallback}'s.`,
  );
  stage.showVault();
  if (stage.company.begins === "an empty folder") return;
  await stage.run(["resolve", name, "--env", first, "--flag", "off"]);
  await stage.run(["resolve", name, "--env", first, "--flag", "on"]);
}

/** The answers to `init` that neither the vault nor the apps can give. */
export function initAnswers(catalog: Catalog): string[] {
  const told = catalog.credentials.filter(
    (one) => one.scope === "shared" || !catalog.environments.every(({ name }) => mayHold(one, name)),
  );
  return [
    ...["--root", catalog.root],
    ...catalog.environments.flatMap(({ name }) => ["--env", name]),
    ...["--flag", flagVariable(catalog), "--flag-role", flagRoles(catalog)[0]!],
    ...told.flatMap(({ name, scope }) => ["--scope", `${name}=${scope}`]),
  ];
}

async function aProject(stage: Stage, catalog: Catalog): Promise<void> {
  stage.say(
    "A project, from an empty folder",
    "init reads the vault's folders and the apps, proposes a scope for each credential, and writes catalog, stacks and program.",
  );
  await stage.run(["init", "--project", stage.projectId, ...initAnswers(catalog), "--yes"]);
  stage.takeCatalog("The company adds to the file what only the company knows, its rules:");
  await stage.run(["paths"]);
}

async function provisioned(stage: Stage, environment: string): Promise<void> {
  const { catalog } = stage.company;
  stage.say(
    `${capital(environment)}: folders`,
    "The plan first. Then the folders are made; the credentials wait for an operator, who gets the commands to type.",
  );
  await up(stage, environment);

  stage.say(
    `${capital(environment)}: credentials`,
    "Each value comes from stdin, is checked by its rules, written, and read back.",
  );
  for (const credential of heldBy(catalog, environment))
    await stage.run(["provision", credential.name, "--env", environment], {
      input: madeUpValue(credential, environment),
    });
  const forbidden = catalog.credentials.find((one) => !mayHold(one, environment));
  if (forbidden)
    await stage.run(["provision", forbidden.name, "--env", environment], {
      input: madeUpValue(forbidden, catalog.fallback),
      expect: 3,
    });
  await up(stage, environment);
}

async function copied(stage: Stage, environment: string): Promise<void> {
  stage.say(
    `${capital(environment)}: prepared`,
    `${capital(environment)}'s credentials are copied inside the provider, read back, and compared. The flat ones stay.`,
  );
  await up(stage, environment);
}

async function turnedOn(stage: Stage, environment: string): Promise<void> {
  stage.say(
    `${capital(environment)}: the flag`,
    "Everything is confirmed, so the flag may turn on: one release of one app.",
  );
  stage.set(environment, "vaultEnvAware", true);
  await up(stage, environment);
  stage.note("\nOnce more: nothing to do, nothing written.");
  await up(stage, environment);
}

async function promoted(stage: Stage, from: string, to: string): Promise<void> {
  const promote = ["promote", "--from", from, "--to", to, "--yes"];
  stage.say(`${capital(to)}: refused`, `${capital(to)}'s flag has to wait until ${from} has soaked for 48 hours.`);
  await stage.run(promote, { expect: 3 });

  stage.say(
    `${capital(from)}: a rotation`,
    `An operator who rotates a ${from} key now rotates a ${from} key: one path, and only ${from}'s apps.`,
  );
  const credential = heldBy(stage.company.catalog, from)[0]!;
  const rotated = madeUpValue(credential, from);
  // Heroku's own keys are tried at Heroku before they are written.
  stage.services.heroku.keys.add(rotated);
  await stage.run(["rotate", credential.name, "--env", from, "--yes"], { input: rotated });

  stage.say("48 hours later", "The clock of the local services moves on; the machine's clock is not used.");
  stage.hoursPass(48);
  await stage.run(promote);
}

async function backAndForth(stage: Stage, from: string, to: string): Promise<void> {
  stage.say(`${capital(to)}: back and forth`, `One config var of one app changes back; then ${to} is promoted again.`);
  await stage.run(["rollback", "--stack", to, "--yes"]);
  await stage.run(["promote", "--from", from, "--to", to, "--yes"]);
}

async function retired(stage: Stage, environment: string): Promise<void> {
  stage.say(
    `${capital(environment)}: the flat copies`,
    "48 hours later they can be deleted, name by name, written back the same way, and deleted again.",
  );
  stage.hoursPass(48);
  for (const wanted of [true, false, true]) {
    stage.set(environment, "retireFlat", wanted);
    await up(stage, environment);
  }
}

async function whereItStands(stage: Stage, page: string | undefined): Promise<void> {
  stage.say("Where it stands");
  stage.showVault();
  await stage.run(["paths"]);
  await stage.run(["status"]);
  if (page) await stage.run(["status", "--html", page]);
}
