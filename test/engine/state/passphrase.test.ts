import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureStack, openSession, readPassphrase } from "../../../src/engine/embedded/session.js";
import { newSecretsManager, openSecretsManager } from "../../../src/engine/embedded/state/passphrase.js";
import { openEngine } from "../../../src/engine/index.js";

// Made with the Pulumi CLI 3.260.0: `pulumi stack init`, `pulumi config set --secret`, passphrase "correct horse".
const fromCli = {
  passphrase: "correct horse",
  salt: "v1:vaAzvj77omI=:v1:BiDotRMOezdups8H:PF7C/m0oK5aixduCKPH/8RmxXAujYA==",
  hidden: "v1:ML6CeyRQj4xpN/BB:DxvJHbxbiLMJ+WyZcPY8x33vtAsIZO5+M0TBkg==",
  listElement: "v1:di7ucPm9QJYtg0Zh:kj+vm+ROyMgYTSfaerz33xOaLW+DMWvh4o4kbQ==",
};
const stackFile = `# kept comment
encryptionsalt: ${fromCli.salt}
config:
  fixture:plain: 'one: two'
  fixture:number: "1.10"
  fixture:flag: "true"
  fixture:hidden:
    secure: ${fromCli.hidden}
  fixture:list:
    - a
    - secure: ${fromCli.listElement}
  other:key: v
`;

async function project(stack: string | undefined, env: Record<string, string>) {
  const projectDir = await mkdtemp(join(tmpdir(), "engine-session-"));
  await writeFile(join(projectDir, "Pulumi.yaml"), "name: fixture\nruntime: nodejs\n");
  if (stack !== undefined) await writeFile(join(projectDir, "Pulumi.dev.yaml"), stack);
  return { projectDir, stack: "dev", env: { PULUMI_BACKEND_URL: "", ...env } };
}

describe("the passphrase secrets provider", () => {
  it("opens what the Pulumi CLI has encrypted", async () => {
    const secrets = await openSecretsManager(fromCli.passphrase, fromCli.salt, "stack dev");
    expect(secrets.decrypt(fromCli.hidden)).toBe("s3cret value");
    expect(secrets.decrypt(fromCli.listElement)).toBe("inner-secret");
  });

  it("makes salts that it opens again, and never the same ciphertext twice", async () => {
    const made = await newSecretsManager("p");
    const opened = await openSecretsManager("p", made.salt, "stack dev");
    expect(opened.decrypt(made.encrypt("héllo"))).toBe("héllo");
    expect(made.encrypt("same")).not.toBe(made.encrypt("same"));
  });

  it("says which stack a wrong passphrase is wrong for", async () => {
    await expect(openSecretsManager("wrong", fromCli.salt, "stack dev")).rejects.toThrow(
      "The passphrase is not the one stack dev was encrypted with.",
    );
  });

  it("refuses a ciphertext that was tampered with", async () => {
    const secrets = await openSecretsManager(fromCli.passphrase, fromCli.salt, "stack dev");
    expect(() => secrets.decrypt(fromCli.hidden.replace("Dxv", "Dxw"))).toThrow();
  });

  it("gives a program the configuration that the CLI would give it", async () => {
    const { config } = await openSession(await project(stackFile, { PULUMI_CONFIG_PASSPHRASE: fromCli.passphrase }));
    expect(Object.fromEntries(config)).toEqual({
      "fixture:plain": { value: "one: two", secret: false, object: false },
      "fixture:number": { value: "1.10", secret: false, object: false },
      "fixture:flag": { value: "true", secret: false, object: false },
      "fixture:hidden": { value: "s3cret value", secret: true, object: false },
      "fixture:list": { value: '["a","inner-secret"]', secret: true, object: true },
      "other:key": { value: "v", secret: false, object: false },
    });
  });

  it("adds a salt to a stack's file and leaves every other byte alone", async () => {
    const text = "# my stack\nconfig:\n  fixture:plain:   'x'   # why\n";
    const location = await project(text, { PULUMI_CONFIG_PASSPHRASE: "p" });
    await ensureStack(await openSession(location));
    const written = await readFile(join(location.projectDir, "Pulumi.dev.yaml"), "utf8");
    expect(written.startsWith(text)).toBe(true);
    expect(written.slice(text.length)).toMatch(/^encryptionsalt: v1:\S+\n$/);
    expect((await openSession(location)).newSalt).toBe(false);
  });

  it("makes one salt for a stack that is opened again before it is made, and another for another stack", async () => {
    const env = { PULUMI_CONFIG_PASSPHRASE: "p" };
    const location = await project(undefined, env);
    const first = await openSession(location);
    const again = await openSession(location);
    const salt = (one: typeof first) => one.secrets.salt.split(":")[1];
    expect(again.secrets.decrypt(first.secrets.encrypt("x"))).toBe("x");
    expect(salt(again)).toBe(salt(first));
    expect(salt(await openSession(await project(undefined, env)))).not.toBe(salt(first));
    expect(salt(await openSession({ ...location, stack: "other" }))).not.toBe(salt(first));
    await ensureStack(again);
    expect(salt(await openSession(location))).toBe(salt(first));
  });

  it("makes a stack's file when there is none", async () => {
    const location = await project(undefined, { PULUMI_CONFIG_PASSPHRASE: "" });
    await ensureStack(await openSession(location));
    expect(await readFile(join(location.projectDir, "Pulumi.dev.yaml"), "utf8")).toMatch(/^encryptionsalt: v1:\S+\n$/);
  });

  it.each(["embedded", "pulumi"] as const)(
    "says that it is missing where none was given (--engine %s)",
    async (name) => {
      const salt = (await newSecretsManager("p")).salt;
      const location = await project(`encryptionsalt: ${salt}\n`, {
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_CONFIG_PASSPHRASE_FILE: "",
      });
      const missing = /^The passphrase of stack dev is missing: set PULUMI_CONFIG_PASSPHRASE/;
      await expect(openEngine(name, location, {}).outputs()).rejects.toThrow(missing);
      expect((await openEngine(name, location, {}).up({ onEvent: () => {} })).errors).toEqual([
        expect.stringMatching(missing),
      ]);
    },
  );

  it("takes the passphrase from a file, and asks for one when there is none", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "engine-passphrase-")), "passphrase");
    await writeFile(path, "from a file\n");
    expect(await readPassphrase({ PULUMI_CONFIG_PASSPHRASE_FILE: path }, "stack dev")).toBe("from a file");
    await expect(readPassphrase({}, "stack dev")).rejects.toThrow("set PULUMI_CONFIG_PASSPHRASE");
    await expect(readPassphrase({ PULUMI_CONFIG_PASSPHRASE_FILE: `${path}.missing` }, "stack dev")).rejects.toThrow(
      "cannot be read",
    );
  });
});
