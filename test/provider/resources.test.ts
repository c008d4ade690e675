// What a program that makes a resource itself hands over to it.
import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { mergeSummaries, stateVersion, unwritten } from "../../src/migration/index.js";
import { SecretSet } from "../../src/provider/index.js";

it("properties may be values, promises or outputs, and those not known yet may stay so", async () => {
  const registered = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => {
      registered.set(name, inputs as Record<string, unknown>);
      return { id: name, state: inputs as Record<string, unknown> };
    },
    call: () => ({}),
  });
  const names = { STRIPE_KEY: { source: "copy", rules: [] } } as const;
  const rest = {
    version: stateVersion,
    vault: { url: "http://127.0.0.1:1", project: "p", slug: "prod" },
    environment: "prod",
    fallback: "prod",
    environments: ["prod"],
    path: "/a/prod/",
    flatPath: "/a/",
    authority: "flat",
    overrides: [],
    forbidden: [],
    plan: {},
    observed: {},
    records: {},
    summary: { ...mergeSummaries([]), confirmed: ["STRIPE_KEY"] },
  } as const;
  const made = { value: names, promise: Promise.resolve(names), output: pulumi.output(names) };
  for (const [name, given] of Object.entries(made)) {
    const set = new SecretSet(name, { ...rest, names: given });
    const confirmed = await new Promise((resolve) => set.summary.apply((summary) => resolve(summary.confirmed)));
    expect(confirmed).toEqual(["STRIPE_KEY"]);
    expect(unwritten(registered.get(name)!).names).toEqual(names);
  }
});
