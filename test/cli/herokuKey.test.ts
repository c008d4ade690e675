import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ownProgram } from "../../src/cli/inline.js";
import { newSecretsManager } from "../../src/engine/embedded/state/passphrase.js";
import { mergeSummaries, stateVersion } from "../../src/migration/index.js";
import { providerCode } from "../../src/provider/index.js";
import { done, World } from "../support/world.js";

it("a Heroku key that is encrypted in the stack's file is used by the command and by the program, without a variable", async () => {
  const world = await World.open({ engine: "processes" });
  const { HEROKU_API_KEY: key, PULUMI_CONFIG_PASSPHRASE: passphrase } = world.env;
  const { salt, encrypt } = await newSecretsManager(passphrase!);
  const file = readFileSync(world.file("staging"), "utf8");
  const secret = `config:\n  heroku:apiKey:\n    secure: ${encrypt(key!)}\n`;
  writeFileSync(world.file("staging"), `encryptionsalt: ${salt}\n${file.replace("config:\n", secret)}`);
  const { out } = done(await world.up("staging", { env: { HEROKU_API_KEY: undefined } }));
  expect(out).toMatch(/is off \(raxx-console-staging\)/);
  expect(Object.values(world.files()).join("\n")).not.toContain(key);
  await world.close();
}, 60_000);

it("each provider of a run has the key that it was configured with, whichever was configured last", async () => {
  const world = await World.open();
  const { HEROKU_API_KEY: key, ...env } = world.env;
  const context = { env, print: () => {} };
  const program = ownProgram();
  const [old, now] = await Promise.all(
    ["HRKU-revoked-long-ago", key].map((apiKey) =>
      program.provider(providerCode("migration"), { "heroku:apiKey": apiKey }, context),
    ),
  );
  const [app, variable] = ["raxx-console-staging", "FLAG_CONSOLE_VAULT_ENV_AWARE"];
  const inputs = {
    version: stateVersion,
    environment: "staging",
    target: { vault: "-", project: "-", slug: "-", root: "/", heroku: env.HEROKU_API_URL, account: "-" },
    names: {},
    flag: { variable, app, wanted: false, running: false, since: null, transition: "none", refused: [] },
    summary: mergeSummaries([]),
    forbiddenHere: [],
    promoteOverride: null,
    soakHours: 48,
    apps: {},
    phase: "empty",
    turn: null,
  };
  await expect(old!.create(inputs)).rejects.toThrow(/does not accept the API key/);
  await expect(now!.create(inputs)).resolves.toMatchObject({ id: "staging" });
  await world.close();
});
