// A company before its migration, made up from its catalog: the flat vault that its environments share, and apps that have what they
// read there. Values are new every time, and of the shape that their rules ask for.
import { randomBytes, randomUUID } from "node:crypto";
import { type Catalog, type Credential, mayHold } from "../../catalog/index.js";
import type { LocalSeed } from "../../local/index.js";
import { flatPath } from "../../resolver/index.js";

const hex = (length: number) => randomBytes(length).toString("hex").slice(0, length);

/** A value that a credential may have in an environment. */
export function madeUpValue({ rules }: Credential, environment: string): string {
  for (const rule of rules) {
    if (rule.rule === "prefix" && rule.prefixes[environment]) return `${rule.prefixes[environment][0]}${hex(24)}`;
    if (rule.rule === "format" && rule.environments.includes(environment)) return randomUUID();
  }
  return hex(40);
}

/** What the local services start with. */
export function madeUpCompany(catalog: Catalog, project: { readonly id: string; readonly name: string }): LocalSeed {
  const { root, credentials, environments, fallback } = catalog;
  const flat: Record<string, Record<string, string>> = {};
  const values = new Map<string, string>();
  for (const credential of credentials) {
    const folder = flatPath(root, credential.vendor).slice(0, -1);
    const value = madeUpValue(credential, fallback);
    values.set(credential.name, value);
    flat[folder] = { ...flat[folder], [credential.name]: value };
  }
  const apps = environments.flatMap((one) =>
    Object.entries(one.apps).map(([role, name]) => {
      const read = credentials.filter((each) => each.consumers.includes(role) && mayHold(each, one.name));
      return {
        name,
        vars: Object.fromEntries(read.map((credential) => [credential.name, values.get(credential.name)!])),
      };
    }),
  );
  const names = apps.map(({ name }) => name);
  return {
    infisical: {
      project: { ...project, slug: project.name.toLowerCase() },
      identities: [{ name: "operator", clientId: randomUUID(), clientSecret: hex(64), role: "admin" }],
      secrets: { prod: flat },
    },
    heroku: { accounts: [{ email: "ops@company.example", keys: [`HRKU-${randomUUID()}`], apps: names }], apps },
  };
}
