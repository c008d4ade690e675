// examples/policy-pack: its policies over what a stack declares. Pulumi calls them with the inputs of each resource, and with all
// resources at the end.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Catalog } from "../../src/catalog/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";

interface Declared {
  readonly type: string;
  readonly urn: string;
  readonly props: object;
  readonly dependencies?: readonly Declared[];
}
type Report = (message: string, urn?: string) => void;
interface Policy {
  readonly name: string;
  readonly validateResource?: (resource: Declared, report: Report) => void;
  readonly validateStack?: (stack: { readonly resources: readonly Declared[] }, report: Report) => void;
}

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const catalog = await loadCatalog(await findCatalog(join(examples, "own-catalog")));
const { policiesOf } = (await import(join(examples, "policy-pack/policies.mjs"))) as {
  policiesOf: (catalog: Catalog) => Policy[];
};

const association = "heroku:index/appConfigAssociation:AppConfigAssociation";
const declared = (type: string, name: string, props: object, stack = "prod"): Declared => ({
  type,
  urn: `urn:pulumi:${stack}::acme-vault::${type}::${name}`,
  props,
  dependencies: [],
});

/** Runs the pack as Pulumi does. @returns what is reported, by policy */
function violations(...resources: readonly Declared[]): [policy: string, message: string][] {
  const reported: [string, string][] = [];
  for (const policy of policiesOf(catalog)) {
    const report: Report = (message) => reported.push([policy.name, message]);
    for (const resource of resources) policy.validateResource?.(resource, report);
    policy.validateStack?.({ resources }, report);
  }
  return reported;
}

const migration = declared("pulumi-nodejs:dynamic/console-vault:Migration", "prod", { names: { PAYMENT_KEY: "id@1" } });
const ours = {
  ...declared(association, "acme-shop", {
    appId: "shop",
    vars: { FLAG_VAULT_ENV_AWARE: "false" },
    sensitiveVars: { PAYMENT_KEY: "live_1234567890" },
  }),
  dependencies: [migration],
};

it("what console-vault declares keeps every policy", () => {
  expect(violations(migration, ours)).toEqual([]);
});

it("a credential that another resource is given keeps the rules of the stack's environment, and its value is not said", () => {
  const value = `test_${randomUUID()}`;
  const other = (stack: string) =>
    declared("aws:lambda/function:Function", "worker", { environment: { variables: { PAYMENT_KEY: value } } }, stack);
  expect(violations(other("staging"))).toEqual([]);
  expect(violations(other("prod"))).toEqual([
    ["catalog-rules", "PAYMENT_KEY: the value does not begin with live_, as in prod (prefix)"],
  ]);
  const container = { containers: [{ env: [{ name: "MAIL_TOKEN", value: "no-uuid" }] }] };
  expect(violations(declared("kubernetes:apps/v1:Deployment", "mailer", container))).toEqual([
    ["catalog-rules", "MAIL_TOKEN: the value is not a UUID, which prod requires (format)"],
  ]);
});

it("a credential on an app is not among the vars that stay readable in the state", () => {
  const vars = { MAIL_TOKEN: randomUUID(), LOG_LEVEL: "info" };
  expect(violations(declared(association, "other", { appId: "other", vars }))).toEqual([
    ["credentials-are-secret", "MAIL_TOKEN is in vars, which Pulumi does not encrypt"],
  ]);
  expect(violations(declared(association, "other", { appId: "other", sensitiveVars: vars }))).toEqual([]);
});

it("what console-vault writes on an app, no other resource writes there", () => {
  const other = (appId: string) =>
    declared(association, "other", {
      appId,
      vars: { FLAG_VAULT_ENV_AWARE: "true", LOG_LEVEL: "info" },
      sensitiveVars: { PAYMENT_KEY: "live_0987654321" },
    });
  expect(violations(ours, other("another-app"))).toEqual([]);
  expect(violations(ours, other("shop"))).toEqual([
    ["one-writer", "FLAG_VAULT_ENV_AWARE on this app is console-vault's"],
    ["one-writer", "PAYMENT_KEY on this app is console-vault's"],
  ]);
});

it("an app's own declaration is another resource, by the app's name or its UUID", () => {
  const app = (name: string, uuid?: string) =>
    declared("heroku:index/app:App", "shop", {
      name,
      ...(uuid ? { uuid } : {}),
      configVars: { FLAG_VAULT_ENV_AWARE: "true", LOG_LEVEL: "info" },
      sensitiveConfigVars: { PAYMENT_KEY: "live_0987654321" },
      // What the app has, whoever wrote it.
      allConfigVars: { PAYMENT_KEY: "live_1234567890" },
    });
  const found = [
    ["one-writer", "FLAG_VAULT_ENV_AWARE on this app is console-vault's"],
    ["one-writer", "PAYMENT_KEY on this app is console-vault's"],
  ];
  expect(violations(ours, app("acme-shop"))).toEqual(found);
  expect(violations(ours, app("renamed", "shop"))).toEqual(found);
  expect(violations(ours, app("another-app", "another"))).toEqual([]);
});

it("a stack of no environment of the catalog has no rules", () => {
  const sensitiveVars = { PAYMENT_KEY: "x" };
  expect(violations(declared(association, "other", { appId: "other", sensitiveVars }, "network"))).toEqual([]);
});
