import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { newSecretsManager } from "../../src/engine/embedded/state/passphrase.js";
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
