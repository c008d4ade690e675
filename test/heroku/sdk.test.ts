import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import * as namespace from "@pulumi/heroku";
import heroku, { AppConfigAssociation, config, Provider } from "@pulumi/heroku";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

interface Registration {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  custom: boolean;
}

const registered: Registration[] = [];
const packages: unknown[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) => {
        registered.push({ type, name, inputs, custom: custom ?? false });
        return { id: `config:${inputs.appId}`, state: { ...inputs, appConfigAssociationId: `config:${inputs.appId}` } };
      },
      call: () => ({}),
    },
    "console-vault",
    "staging",
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerPackage(request: { toObject(): unknown }, done: (error: unknown, answer: unknown) => void): void;
  };
  const answer = monitor.registerPackage.bind(monitor);
  monitor.registerPackage = (request, done) => {
    packages.push(request.toObject());
    answer(request, done);
  };
});

const settled = <T>(output: pulumi.Output<T>) =>
  new Promise<{ value: T; secret: boolean }>((resolve) =>
    output.apply(async (value) => resolve({ value, secret: await pulumi.isSecret(output) })),
  );

const appId = "7a1c9e52-3f0b-5d6e-8c47-0123456789ab";

test("it is one module, however it is asked for", () => {
  expect(heroku.AppConfigAssociation).toBe(AppConfigAssociation);
  expect(namespace.AppConfigAssociation).toBe(AppConfigAssociation);
  expect(createRequire(import.meta.url)("@pulumi/heroku").Provider).toBe(Provider);
  expect(namespace.config).toBe(config);
});

test("plain Node takes named, namespace and default imports as well as require", () => {
  const program = `import heroku, { AppConfigAssociation } from "@pulumi/heroku";
    import * as all from "@pulumi/heroku"; import { createRequire } from "node:module";
    const required = createRequire(import.meta.url)("@pulumi/heroku");
    if (new Set([heroku.AppConfigAssociation, AppConfigAssociation, all.AppConfigAssociation, required.AppConfigAssociation]).size > 1
      || typeof all.config !== "object") process.exit(1);`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: "" });
});

test("an association registers with the generated SDK's token, inputs and package", async () => {
  const association = new AppConfigAssociation("flag", { appId, vars: { FLAG: "true" }, sensitiveVars: { KEY: "k" } });
  expect((await settled(association.id)).value).toBe(`config:${appId}`);
  expect(registered.at(-1)).toMatchObject({
    type: "heroku:index/appConfigAssociation:AppConfigAssociation",
    name: "flag",
    custom: true,
    inputs: { appId, vars: { FLAG: "true" } },
  });
  expect(packages).toEqual([
    {
      name: "terraform-provider",
      version: "1.1.3",
      downloadUrl: "",
      checksumsMap: [],
      parameterization: {
        name: "heroku",
        version: "5.3.2",
        value: Buffer.from('{"remote":{"url":"registry.opentofu.org/heroku/heroku","version":"5.3.2"}}').toString(
          "base64",
        ),
      },
    },
  ]);
});

test("sensitive vars are secret, other vars are not", async () => {
  const association = new AppConfigAssociation("secrecy", { appId, vars: { A: "1" }, sensitiveVars: { KEY: "k" } });
  expect(await settled(association.sensitiveVars)).toEqual({ value: { KEY: "k" }, secret: true });
  expect(await settled(association.vars)).toEqual({ value: { A: "1" }, secret: false });
});

test("an association without an app is refused", () => {
  // @ts-expect-error appId is required
  expect(() => new AppConfigAssociation("nowhere", {})).toThrow("Missing required property 'appId'");
});

test("a provider registers what is not a string as JSON", async () => {
  const provider = new Provider("other", { apiKey: pulumi.secret("k"), delays: { postAppCreateDelay: 0 } });
  await settled(provider.id);
  expect(registered.at(-1)).toMatchObject({
    type: "pulumi:providers:heroku",
    inputs: { delays: '{"postAppCreateDelay":0}' },
  });
});

test("config is read when it is asked for", () => {
  pulumi.runtime.setConfig("heroku:apiKey", "from-config");
  expect(config.apiKey).toBe("from-config");
});
