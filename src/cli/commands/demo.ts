import { randomBytes, randomUUID } from "node:crypto";
import type { Command } from "commander";
import { consoleCatalog, heldBy } from "../../catalog/index.js";
import type { Flavour } from "../../local/index.js";
import { Stage } from "../demo/stage.js";
import { colorsOf, type Io, type RunCommand } from "../io.js";
import { table } from "../table.js";
import { flavourOption } from "./local.js";

const hour = 3_600_000;

/** A value of the right shape for each of staging's credentials, made up anew for every demo. */
function stagingValue(name: string): string {
  const random = (length: number) => randomBytes(length).toString("hex").slice(0, length);
  if (name === "STRIPE_RESTRICTED_KEY") return `rk_test_${random(24)}`;
  if (name === "ALPACA_PAPER_API_KEY_ID") return `PK${random(18).toUpperCase()}`;
  if (name.startsWith("HEROKU_") || name.startsWith("POSTMARK_")) return randomUUID();
  return random(40);
}

function showVault(io: Io, stage: Stage): void {
  const { vault } = stage.services.infisical;
  const rows = table(io, ["folder", "names"]);
  for (const path of vault.folders("prod")) {
    const names = vault.secrets("prod", path).map(({ name }) => name);
    if (names.length > 0) rows.push([`${path}/`, names.join("\n")]);
  }
  io.out(rows.toString());
}

interface DemoOptions {
  readonly engine: string;
  readonly flavour: Flavour;
}

async function demo(io: Io, { engine, flavour }: DemoOptions, run: RunCommand): Promise<void> {
  const c = colorsOf(io);
  io.out(`${c.bold("console-vault")}: from one flat folder per vendor to a folder per environment, on local services.`);
  const stage = await Stage.open(io, engine, run, flavour);
  try {
    stage.say(
      "The flat vault",
      "One folder per vendor, shared by staging and prod: rotating staging's key rotates production's.",
    );
    showVault(io, stage);
    await stage.run(["resolve", "HEROKU_API_KEY", "--env", "staging", "--flag", "off"]);
    await stage.run(["resolve", "HEROKU_API_KEY", "--env", "staging", "--flag", "on"]);

    stage.say(
      "Staging: folders",
      "The plan first. Then the folders are made; the credentials wait for an operator, who gets the commands to type.",
    );
    await stage.run(["up", "--stack", "staging", "--yes"]);

    stage.say("Staging: credentials", "Each value comes from stdin, is checked by its rules, written, and read back.");
    for (const { name } of heldBy(consoleCatalog, "staging"))
      await stage.run(["provision", name, "--env", "staging"], { input: stagingValue(name) });
    await stage.run(["provision", "ALPACA_LIVE_API_KEY_ID", "--env", "staging"], {
      input: `AK${randomBytes(9).toString("hex")}`,
      expect: 3,
    });
    await stage.run(["up", "--stack", "staging", "--yes"]);

    stage.say("Staging: the flag", "Everything is confirmed, so the flag may turn on: one release of one app.");
    stage.set("staging", "vaultEnvAware", true);
    await stage.run(["up", "--stack", "staging", "--yes"]);
    stage.note("\nOnce more: nothing to do, nothing written.");
    await stage.run(["up", "--stack", "staging", "--yes"]);

    stage.say(
      "Prod: prepared",
      "Prod's credentials are copied inside the provider, read back, and compared. The flat ones stay.",
    );
    await stage.run(["up", "--stack", "prod", "--yes"]);

    stage.say("Prod: refused", "Prod's flag has to wait until staging has soaked for 48 hours.");
    await stage.run(["promote", "--from", "staging", "--to", "prod", "--yes"], { expect: 3 });

    stage.say(
      "Staging: a rotation",
      "An operator who rotates a staging key now rotates a staging key: one path, and only staging's apps.",
    );
    const rotated = randomUUID();
    stage.services.heroku.keys.add(rotated);
    await stage.run(["rotate", "HEROKU_API_KEY", "--env", "staging", "--yes"], { input: rotated });

    stage.say("48 hours later", "The clock of the local services moves on; the machine's clock is not used.");
    stage.services.control.clock.advance(48 * hour);
    await stage.run(["promote", "--from", "staging", "--to", "prod", "--yes"]);

    stage.say("Prod: back and forth", "One config var of one app changes back; then prod is promoted again.");
    await stage.run(["rollback", "--stack", "prod", "--yes"]);
    await stage.run(["promote", "--from", "staging", "--to", "prod", "--yes"]);

    stage.say(
      "Prod: the flat copies",
      "48 hours later they can be deleted, name by name, and written back the same way.",
    );
    stage.services.control.clock.advance(48 * hour);
    stage.set("prod", "retireFlat", true);
    await stage.run(["up", "--stack", "prod", "--yes"]);
    showVault(io, stage);
    stage.set("prod", "retireFlat", false);
    await stage.run(["up", "--stack", "prod", "--yes"]);

    stage.say("Where it stands");
    showVault(io, stage);
    await stage.run(["paths"]);
    await stage.run(["status"]);
    io.out(`\n${c.green("Done.")} Only the requests were real: both services ran on this machine, and have ended.`);
  } finally {
    await stage.close();
  }
}

export function addDemo(program: Command, io: Io, run: RunCommand): void {
  program
    .command("demo")
    .description("the whole story on the local services, with a state of its own")
    .option("--engine <engine>", "embedded or pulumi", "embedded")
    .addOption(flavourOption())
    .action((options: DemoOptions) => demo(io, options, run));
}
