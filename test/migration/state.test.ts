// What a stack keeps, read: states that this version and the ones before it wrote, and what is no state.
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { plainResources, stackType } from "../../src/engine/index.js";
import {
  kindOf,
  readOutputs,
  resourceTypes,
  StateError,
  stateOf,
  unwritten,
  written,
} from "../../src/migration/index.js";
import { done, World } from "../support/world.js";

type Resource = Parameters<typeof stateOf>[1][number];

/** Prod's state with one credential, as an earlier version left it: copied, promoted, on an app, its flat copy retired. */
const earlier = (name: "first" | "second"): Resource[] =>
  JSON.parse(readFileSync(new URL(`states/${name}.json`, import.meta.url), "utf8")) as Resource[];

const outputsOf = (resources: readonly Resource[]) =>
  resources.find(({ type }) => type === stackType)!.outputs as object;
const read = (resources: readonly Resource[]) => stateOf("prod", resources, outputsOf(resources));

const stripe = "STRIPE_RESTRICTED_KEY";

describe.each([
  ["first", "kept", "2026-11-29T08:39:16.000Z"],
  ["second", "environment", "2026-11-29T08:39:35.000Z"],
] as const)("a state of the %s version", (name, source, since) => {
  const { outputs, last, resources } = read(earlier(name));

  it("says where the stack works, what it holds where, and since when its flag is on", () => {
    expect(last.target).toMatchObject({ root: "/MooseQuest", account: "ops@raxx.example" });
    expect(last.record?.flag).toMatchObject({ running: true, since });
    expect(outputs.migration).toMatchObject({ phase: "retired", flag: { running: true, since } });
    expect(last.apps).toEqual({
      "raxx-api-prod": { credentials: { [stripe]: source }, owned: [stripe] },
      "raxx-console-prod": { credentials: {}, owned: [] },
    });
  });

  it("remembers what was copied from where, and what is retired", () => {
    const { memory, summary } = last.sets["/MooseQuest/stripe/prod/"]!;
    expect(memory.records[stripe]).toEqual({ wrote: expect.stringMatching(/@1$/), from: expect.stringMatching(/@1$/) });
    expect(summary.confirmed).toEqual([stripe]);
    expect(last.retirement).toEqual({ wanted: true, retired: [stripe] });
    expect(outputs.retirement?.retired).toEqual([stripe]);
  });

  it("shows what each resource was told", () => {
    expect(resources.map(({ kind }) => kind).sort()).toEqual(
      ["association", "association", "folder", "migration", "retirement", "secretSet"].sort(),
    );
  });
});

it("at first nothing was said of who owns a var: then it is kept, and nobody's", () => {
  const resources = earlier("first").map((one) =>
    kindOf(one.type) === "migration"
      ? { ...one, outputs: { ...(one.outputs as object), owned: undefined, kept: { worker: [stripe] } } }
      : one,
  );
  expect(read(resources).last.apps).toMatchObject({
    "raxx-api-prod": { credentials: { [stripe]: "kept" }, owned: [] },
    worker: { credentials: { [stripe]: "kept" }, owned: [] },
  });
});

it("config vars of an app that is not the stack's may be as they like", () => {
  const theirs = earlier("second").map((one) =>
    one.type === resourceTypes.association
      ? { ...one, name: "shop", urn: one.urn.replace(/[^:]+$/, "shop"), inputs: { vars: "[secret]" } }
      : one,
  );
  expect(read(theirs).resources.filter(({ kind }) => kind === "association")).toEqual([]);
});

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The same resources, with one value of one of them replaced by a secret. */
function damaged(resources: readonly Resource[], type: string, side: "inputs" | "outputs", path: readonly string[]) {
  const copy = structuredClone(resources) as Resource[];
  let place = copy.find((one) => one.type === type)![side] as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  place[path.at(-1)!] = { value: "a-secret" };
  return copy;
}

describe("what is as no version writes it ends with the resource and the key, and no value", () => {
  it.each([
    [resourceTypes.migration, "outputs", ["migration", "target", "root"], "Migration prod"],
    [resourceTypes.migration, "inputs", ["flag", "running"], "Migration prod"],
    [resourceTypes.secretSet, "outputs", ["memory", "records", stripe], "SecretSet stripe-prod"],
    [resourceTypes.folder, "outputs", ["created"], "Folder stripe-prod"],
    [resourceTypes.retirement, "outputs", ["retirement", "retired"], "Retirement flat"],
    [resourceTypes.association, "inputs", ["vars", "FLAG"], "AppConfigAssociation raxx-"],
    [stackType, "outputs", ["migration", "phase"], "the stack itself"],
  ] as const)("%s: %s", (type, side, path, resource) => {
    const resources = damaged(earlier("second"), type, side, path);
    const error = thrownBy(() => {
      read(resources);
      // Only its provider reads what a folder keeps.
      for (const { type: one, name, outputs } of resources)
        if (kindOf(one) === "folder") readOutputs("folder", outputs, { stack: "prod", name });
    });
    expect(error).toBeInstanceOf(StateError);
    const { message } = error as StateError;
    expect(message).toContain(`The state of prod cannot be read: ${resource}`);
    expect(message).toContain([side, ...path].join("."));
    expect(message).toContain("\n  pulumi stack export --stack prod\n");
    // Whoever reads the state may have changed something before.
    expect(message).not.toMatch(/a-secret|Nothing was changed/);
  });
});

it("a newer version's is not guessed at", () => {
  const resources = earlier("second").map((one) =>
    kindOf(one.type) === "migration" ? { ...one, outputs: { ...(one.outputs as object), version: 99 } } : one,
  );
  expect(() => read(resources)).toThrow(/written by a newer console-vault.*\n {2}npm install console-vault@latest/);
});

describe("a stack", () => {
  let world: World;
  afterEach(() => world?.close());

  it("keeps what only the next update needs where `pulumi preview --diff` shows nothing of it", async () => {
    world = await World.open();
    done(await world.up("prod"));
    const shown: Record<string, string[]> = {};
    world.editState("prod", (resources) => {
      for (const { type, inputs, outputs } of resources) {
        const kind = Object.entries(resourceTypes).find(([, one]) => one === type)?.[0];
        // Pulumi shows nothing that begins so (`resource.IsInternalPropertyKey`).
        const keys = Object.keys({ ...(inputs as object), ...(outputs as object) }).filter(
          (key) => !key.startsWith("__"),
        );
        if (kind && kind !== "association") shown[kind] = keys.sort();
      }
    });
    expect(shown).toEqual({
      folder: ["path"],
      secretSet: ["overrides", "path", "plan"],
      migration: ["apps", "environment", "flag", "forbiddenHere", "phase", "promoteOverride", "soakHours"],
      retirement: ["flat", "refused", "until", "wanted"],
    });
  });

  it("of the fourth version, which kept properties where this one keeps texts, goes on: its next update writes each resource anew", async () => {
    world = await World.open();
    await world.prodOn();
    const before = world.snapshot();
    world.editState("prod", (resources) => {
      for (const one of resources) {
        if (!kindOf(one.type as string)) continue;
        for (const side of ["inputs", "outputs"] as const) {
          const now = Object.entries((one[side] ?? {}) as Record<string, unknown>);
          const entries = now.map(([key, value]) => [key, unwritten({ [key]: value })[key.replace(/^__cv_/, "")]]);
          const then: Record<string, unknown> = Object.fromEntries(entries);
          if ("__cv_version" in then) then.__cv_version = 4;
          one[side] = then;
        }
      }
    });
    const keeps = async () => /"__cv_memory":(.)/.exec(JSON.stringify(await world.exported("prod")))?.[1];
    expect(await keeps()).toBe("{");
    expect(done(await world.up("prod")).writes).toEqual([]);
    expect(await keeps()).toBe('"');
    expect(world.snapshot()).toEqual(before);
    expect(done(await world.up("prod")).text).toMatch(/Done +11 unchanged/);
  });

  it("whose state cannot be read changes nothing: its plan and its update end with the resource's name", async () => {
    world = await World.open();
    done(await world.up("prod"));
    world.editState("prod", (resources) => {
      const migration = resources.find(({ type }) => type === resourceTypes.migration)!;
      const outputs = unwritten(migration.outputs as Record<string, unknown>);
      migration.outputs = written("migration", {
        ...outputs,
        migration: { ...(outputs.migration as object), phase: "nonsense" },
      });
    });
    for (const argv of [["preview"], ["up", "--yes"]]) {
      const { code, err, writes } = await world.run([...argv, "--stack", "prod"]);
      expect([code, writes]).toEqual([1, []]);
      expect(err).toMatch(/The state (of prod )?cannot be read: Migration prod .*\(outputs\.migration\.phase\)/);
    }
    const rollback = await world.run(["rollback", "--yes", "--stack", "prod"]);
    expect([rollback.code, rollback.writes]).toEqual([1, []]);
    expect(rollback.err).toMatch(/Nothing was changed\..*:\n {2}console-vault rollback --stack prod --force$/m);
    const offline = await world.run(["preview", "--offline", "--stack", "prod"]);
    expect([offline.code, offline.out]).toEqual([0, expect.stringMatching(/not checked: .*Migration prod/)]);
    const status = await world.run(["status"]);
    expect([status.code, status.err]).toEqual([1, expect.stringMatching(/Migration prod/)]);
  });

  it("whose own output cannot be read is not taken for one that was never updated", async () => {
    world = await World.open();
    done(await world.up("staging"));
    world.editState("staging", (resources) => {
      const own = resources.find(({ type }) => type === stackType)!;
      (own.outputs as { migration: { target: object } }).migration.target = {};
    });
    const name = "POSTMARK_SERVER_TOKEN";
    const { code, err, writes } = await world.provision(name, "pm_staging_value");
    expect([code, writes]).toEqual([1, []]);
    expect(err).toMatch(/the stack itself .*outputs\.migration\.target\.vault/);
  });

  it("keeps what this version reads, of every kind", async () => {
    world = await World.open({ config: { prod: { manage: { [stripe]: ["raxx-api-prod"] } } } });
    await world.prodOn();
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
    const resources = plainResources((await world.exported("prod")) as Parameters<typeof plainResources>[0]);
    const { last, resources: shown } = stateOf("prod", resources, outputsOf(resources));
    expect(last.retirement?.retired).toContain(stripe);
    expect(new Set(shown.map(({ kind }) => kind)).size).toBe(Object.keys(resourceTypes).length);
  });
});
