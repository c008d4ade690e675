// What a stack keeps from one update to the next: the inputs and outputs of its resources, and its own outputs. Described here and
// nowhere else; `read.ts` reads every state through it. Nothing in it is a value or derived from one.
import { z } from "zod";
import { overridableRules, ruleSchema } from "../../catalog/index.js";
import type { Broken, Reason } from "../findings.js";
import { phases } from "../phases.js";

/** In every resource. Raised where another layout is written, which also makes the next update write all resources anew. */
export const stateVersion = 5;

/** Types of the resources that a stack declares, as they stand in its state: a compatibility contract. */
export const resourceTypes = {
  folder: "pulumi-nodejs:dynamic/console-vault:Folder",
  secretSet: "pulumi-nodejs:dynamic/console-vault:SecretSet",
  migration: "pulumi-nodejs:dynamic/console-vault:Migration",
  retirement: "pulumi-nodejs:dynamic/console-vault:Retirement",
  association: "heroku:index/appConfigAssociation:AppConfigAssociation",
} as const;

export type ResourceKind = keyof typeof resourceTypes;

/** Names of the resources, which their URNs end with: a compatibility contract as well. */
export const resourceNames = {
  folder: (vendor: string, environment: string) => `${vendor}-${environment}`,
  secretSet: (vendor: string, environment: string) => `${vendor}-${environment}`,
  migration: (environment: string) => environment,
  retirement: () => "flat",
  association: (app: string) => app,
} satisfies Record<ResourceKind, (...names: string[]) => string>;

/** Of the component that an environment is, in a program that declares other things as well. */
export const componentType = "console-vault:index:ConsoleVault";

/** @param project name of the Pulumi project @param name see {@link resourceNames} */
export const urnOf = (stack: string, project: string, kind: ResourceKind, name: string): string =>
  `urn:pulumi:${stack}::${project}::${resourceTypes[kind]}::${name}`;

type DeepReadonly<T> = T extends readonly (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
type Kept<Schema extends z.ZodType> = DeepReadonly<z.infer<Schema>>;

const text = z.string();
const texts = z.array(text);
const time = z.iso.datetime();
/** Why something stays as it is, or is wrong. Version 2 was the last to keep sentences. */
const reason = z
  .union([z.looseObject({ code: text }), text.transform((sentence) => ({ code: "recorded", text: sentence }))])
  .transform((one) => one as Reason);
const byName = <Schema extends z.ZodType>(schema: Schema) => z.record(text, schema);

/** Where a stack works: what it may not silently change from one update to the next. */
const target = z.object({ vault: text, project: text, slug: text, root: text, heroku: text, account: text });
export type Target = Kept<typeof target>;

/** The vault that a resource works on. `slug`: Infisical's environment slug. */
const vaultPlace = z.object({ url: text, project: text, slug: text });
export type VaultPlace = Kept<typeof vaultPlace>;

/** Which of the two paths is read while the flag runs as it does: the only one that may be written by others. */
const authority = z.enum(["flat", "environment"]);
export type Authority = z.infer<typeof authority>;

/** What an earlier update remembers of a copy. */
const copyRecord = z.object({
  /** Token of the row at the environment path, as we left it. */
  wrote: text,
  /** Token of the flat row that it was copied from. */
  from: text,
});
export type CopyRecord = Kept<typeof copyRecord>;

const source = z.enum(["copy", "provision"]);

const override = z.object({ name: text, rule: z.enum(overridableRules), token: text, reason: text });

/** An override that let a value pass. */
const passed = override.extend({
  /**
   * Token of the value's row: the override may be tied to the flat row that it was copied from, which may be gone by now. States of
   * the first version do not always say.
   */
  row: text.optional(),
});
export type Passed = Kept<typeof passed>;

/** Version 3 was the last to keep a sentence in the place of `detail`; a stack's output has both. */
const broken = z
  .object({
    name: text,
    rule: text,
    detail: z.looseObject({}).optional(),
    why: text.optional(),
    token: text.optional(),
  })
  .refine(({ detail, why }) => detail !== undefined || why !== undefined)
  .transform((one) => one as Broken);

/** What a `SecretSet` found and did; also what the stack says of all of them together. Names, rules and revisions only. */
const setSummary = z.object({
  /** Of the names that are at their environment path: revision (`id@version`) by name. */
  revisions: byName(text),
  /** Placed, read back, and passing their rules. */
  confirmed: texts,
  missing: texts,
  broken: z.array(broken),
  /** To be written by an operator. */
  waiting: texts,
  conflicts: z.array(z.object({ name: text, path: text.optional() })),
  /** Whose `distinct` could not be checked: no other environment's value was to be seen. */
  unchecked: texts,
  overrides: z.array(passed),
});
export type SetSummary = Kept<typeof setSummary>;

/** What a name had when it was last looked at: revisions, `null` where there was no row. */
const seenRevisions = z.object({
  target: text.nullable(),
  flat: text.nullable(),
  /** Rules that the value broke, overridden or not; `unchecked` where `distinct` could not be. */
  verdict: z.object({ target: texts, flat: texts }),
});
export type SeenRevisions = Kept<typeof seenRevisions>;

/** What a `SecretSet` remembers besides. */
const setMemory = z.object({ seen: byName(seenRevisions), records: byName(copyRecord) });
export type SetMemory = Kept<typeof setMemory>;

/** One folder's credentials, as its resource is told about them: names, paths, sources and rules, never a value. */
const setSpec = z.object({
  environment: text,
  /** The environment whose values the flat path holds. */
  fallback: text,
  environments: texts,
  path: text,
  flatPath: text,
  authority,
  names: byName(z.object({ source, rules: z.array(ruleSchema) })),
  overrides: z.array(override),
  /** Names whose values may not appear here under any name. */
  forbidden: texts,
});
export type SetSpec = Kept<typeof setSpec>;

/** Of the console-vault that wrote the resource. */
const version = z.int().min(1).max(stateVersion);

const folderInputs = z.object({
  version,
  vault: vaultPlace,
  /** With a final slash: `/MooseQuest/heroku/staging/`. */
  path: text,
  /** Names the update that is to make it; null where it was there before. A refresh comes with the last update's own. */
  make: text.nullable(),
});
export type FolderInputs = Kept<typeof folderInputs>;

const folderOutputs = folderInputs.extend({
  /** Made by us: a folder that was there before is adopted and never deleted. */
  created: z.boolean(),
  folderId: text,
});
export type FolderOutputs = Kept<typeof folderOutputs>;

const secretSetInputs = setSpec.extend({
  version,
  vault: vaultPlace,
  /** `is` names what this update does with each name (not in states of the second version). */
  names: byName(z.object({ source, rules: z.array(ruleSchema), is: text.optional() })),
  /** The same in words, for a person who reads a plan. */
  plan: byName(text),
  observed: byName(seenRevisions),
  /** What the last update remembers of its copies. */
  records: byName(copyRecord),
  /** What the plan expects to be so afterwards; as an output it is what was found. */
  summary: setSummary,
});
export type SecretSetInputs = Kept<typeof secretSetInputs>;

const secretSetOutputs = setSpec
  .pick({ path: true, flatPath: true, authority: true, names: true, overrides: true, forbidden: true })
  .extend({ version, vault: vaultPlace, summary: setSummary, memory: setMemory });
export type SecretSetOutputs = Kept<typeof secretSetOutputs>;

/** Where a name of the environment is, and where it comes from. */
const namePlaces = z.object({ source, path: text, flatPath: text });
export type NamePlaces = Kept<typeof namePlaces>;

/** Where a value on an app comes from: the path that is read, or the app itself (`kept`: the vault has none that it may get). */
const valueSource = z.enum(["flat", "environment", "kept"]);
export type ValueSource = z.infer<typeof valueSource>;

/** Credentials that a stack keeps on one app. */
const onApp = z.object({
  credentials: byName(valueSource),
  /** Names whose value on the app is this stack's own, from this update or an earlier one. */
  owned: texts,
});
export type OnApp = Kept<typeof onApp>;

/** What an update does to the flag. */
const transition = z.enum(["none", "on", "off"]);
export type Transition = z.infer<typeof transition>;

const flag = z.object({
  variable: text,
  app: text,
  wanted: z.boolean(),
  /** Whether it is on, on all of its apps. */
  running: z.boolean(),
  /** Where it stands on several apps: each of them, in the order in which it turns on. `app` is then all of them in words. */
  apps: z.array(z.object({ app: text, running: z.boolean() })).optional(),
  /** ISO time of the release that turned it on; null where it is off or unknown. */
  since: time.nullable(),
});

const phase = z.enum(phases);

/** The stack output `migration`: nothing secret, nothing derived from a secret. */
const migrationRecord = z.object({
  phase,
  blocked: z.array(reason),
  flag,
  /** ISO; null while something is not confirmed. */
  confirmedSince: time.nullable(),
  confirmed: texts,
  waiting: texts,
  missing: texts,
  broken: z.array(broken),
  conflicts: setSummary.shape.conflicts,
  unchecked: texts,
  overrides: z.array(passed),
  promoteOverride: text.nullable(),
  target,
});
export type MigrationRecord = Kept<typeof migrationRecord>;

/** What another stack's gate relies on in the output `migration`, of whatever version. Anything else in it is not "ready". */
export const migrationOutput = migrationRecord
  .pick({
    phase: true,
    flag: true,
    confirmedSince: true,
    confirmed: true,
    missing: true,
    broken: true,
    conflicts: true,
  })
  .extend({ flag: flag.pick({ wanted: true, running: true }), overrides: migrationRecord.shape.overrides, target });

const migrationInputs = z.object({
  version,
  environment: text,
  target,
  /** Every name that the environment must hold confirmed before its flag turns on. */
  names: byName(namePlaces),
  flag: flag.extend({ transition, refused: z.array(reason) }),
  /** What all sets found, together. */
  summary: setSummary,
  /** What an app or the vault holds here that the environment must never hold, and values that an app cannot get. */
  forbiddenHere: z.array(broken),
  /** Why a soak under 48 hours was enough; null without. */
  promoteOverride: text.nullable(),
  soakHours: z.number(),
  /** Credentials that the stack keeps on apps, by app. */
  apps: byName(onApp),
  /** What the plan expects after this update. */
  phase,
  /**
   * Names this very update where it turns the flag or has something new to remember; null where it has not. The app's config var
   * follows it as an output, so the flag cannot turn in an update that leaves this resource out.
   */
  turn: text.nullable(),
});
export type MigrationInputs = Kept<typeof migrationInputs>;

const migrationOutputs = migrationInputs.pick({ version: true, apps: true, phase: true, turn: true }).extend({
  /** Its flag is as this update means to leave it: the app's config var comes after. */
  migration: migrationRecord,
});
export type MigrationOutputs = Kept<typeof migrationOutputs>;

/** Until when a flat copy that may go stays, where that is known, or why. */
const held = z.union([
  z.object({ until: time }),
  z.object({ because: z.array(reason) }),
  z.object({ reason: text }).transform((one) => ({ because: [{ code: "recorded", text: one.reason } as Reason] })),
]);
export type HeldBack = Kept<typeof held>;

const keptFlat = z.union([z.object({ name: text, why: reason }), z.object({ name: text, held })]);
export type KeptFlat = Kept<typeof keptFlat>;

/** The stack output `retirement`. */
const retirementReport = z.object({
  /** Names whose flat copy this stack deleted. */
  retired: texts,
  kept: z.array(keptFlat),
  refused: z.array(reason),
});
export type RetirementReport = Kept<typeof retirementReport>;

/** A flat row that was written back with the environment's value: what is remembered of the copy then. */
const restored = copyRecord.extend({
  /** The flat row that was remembered until then; null where none was. */
  was: text.nullable(),
});
export type Restored = Kept<typeof restored>;

const retirementInputs = z.object({
  version,
  vault: vaultPlace,
  /** Heroku's URL: the flags are read again before each deletion. */
  heroku: text,
  /** The flag's config var, and the app of each environment that has it. */
  flag: z.object({ variable: text, apps: texts }),
  root: text,
  /** Phase of the stack's migration: only after its own soak. */
  phase,
  names: byName(namePlaces),
  /** What the sets remember of their copies, by name. */
  copies: byName(copyRecord),
  wanted: z.boolean(),
  /** This update takes no flat copy away and brings none back, whatever config says. */
  steady: z.boolean(),
  refused: z.array(reason),
  /** ISO time from which it is refused no more, where only this stack's own soak stands against it; else null. */
  until: time.nullable(),
  /** Tokens of the flat rows of the environment's names. */
  observed: byName(text.nullable()),
  /** Codes of the reasons for which flat rows stay whatever the flags are, by name. Nothing reads it out of a state. */
  stays: byName(text).optional(),
  /** What a person reads in the preview, by name. */
  flat: byName(text),
});
export type RetirementInputs = Kept<typeof retirementInputs>;

const retirementOutputs = retirementInputs
  .pick({ version: true, vault: true, phase: true, wanted: true, steady: true, refused: true, until: true })
  .extend({
    retirement: retirementReport,
    /** Tokens of the flat rows as they were left. */
    left: byName(text.nullable()),
    /** Those of them that were written back, by name. */
    restored: byName(restored),
  });
export type RetirementOutputs = Kept<typeof retirementOutputs>;

/** Where a resource works, as its inputs say. */
export const inVault = folderInputs.pick({ vault: true });
export const atTarget = migrationInputs.pick({ target: true });
/** Of a resource that works in a vault only. */
export type VaultKind = "folder" | "secretSet" | "retirement";

/**
 * By kind: what of a resource a person reads in `pulumi preview --diff`. All else has a prefix before its name: Pulumi shows
 * nothing that begins with two underscores, and its resources have fields of their own that do (`__version`).
 */
const read: Readonly<Record<ResourceKind, readonly string[]>> = {
  folder: ["path"],
  secretSet: ["path", "plan", "overrides"],
  migration: ["environment", "flag", "phase", "soakHours", "promoteOverride", "forbiddenHere", "apps"],
  retirement: ["wanted", "flat", "refused", "until"],
  association: ["appId", "vars", "sensitiveVars"],
};

/**
 * What has something for each credential, and no reader in a plan, is one text of JSON, from version 5 on: the SDK and an engine pass
 * on each property a dozen times, piece by piece.
 */
const packed: ReadonlySet<string> = new Set(
  "copies left memory names observed records restored stays summary".split(" "),
);

const internal = "__cv_";
type Bag = Readonly<Record<string, unknown>>;

const packedText = (value: unknown): string | undefined => (value === undefined ? value : JSON.stringify(value));

/**
 * As it stands in a state.
 * @param pack how a value becomes its text: a program does not know all of them yet
 */
export const written = (
  kind: ResourceKind,
  bag: Bag,
  pack = (value: unknown, toText: typeof packedText): unknown => toText(value),
): Bag =>
  Object.fromEntries(
    Object.entries(bag).map(([key, value]) => {
      if (read[kind].includes(key) || key === "__provider") return [key, value];
      return [`${internal}${key}`, packed.has(key) ? pack(value, packedText) : value];
    }),
  );

/** What such a property is; as it came, where it is no text of JSON: nothing is judged here. */
export function unpacked(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * What {@link written} wrote, or a state of before.
 * @param only the keys that are wanted; default: all
 */
export const unwritten = (bag: Bag, only?: readonly string[]): Bag =>
  Object.fromEntries(
    Object.entries(bag).flatMap(([written, value]) => {
      const key = written.startsWith(internal) ? written.slice(internal.length) : written;
      if (only && !only.includes(key)) return [];
      return [[key, packed.has(key) ? unpacked(value) : value]];
    }),
  );

/** Keys that say where a resource works, in a state of any version. */
export const placeKeys: readonly string[] = ["version", "vault", "target"];

/** By kind: what a resource keeps of what it found and did, and of its inputs what the next update compares with. */
export const outputsOf = {
  folder: folderOutputs,
  secretSet: secretSetOutputs,
  migration: migrationOutputs,
  retirement: retirementOutputs,
  association: z.object({}),
} as const satisfies Record<ResourceKind, z.ZodType>;
export type OutputsOf<Kind extends ResourceKind> = Kept<(typeof outputsOf)[Kind]>;

/** By kind: what of a resource's inputs a plan shows. In a preview others may not be known yet. */
export const shownOf = {
  folder: folderInputs.pick({ path: true }),
  secretSet: secretSetInputs.pick({ path: true, names: true, plan: true, observed: true }).extend({
    summary: setSummary.pick({ revisions: true }),
  }),
  migration: migrationInputs.pick({ target: true, flag: true, soakHours: true, apps: true }),
  retirement: retirementInputs.pick({ wanted: true, refused: true, flat: true }),
  association: z.object({ vars: byName(text) }),
} as const satisfies Record<ResourceKind, z.ZodType>;
export type ShownOf<Kind extends ResourceKind> = Kept<(typeof shownOf)[Kind]>;

/** What the stack itself puts out. Undefined where no update has made the resource that it comes from. */
export const stackOutputs = z.object({
  migration: migrationRecord.optional(),
  retirement: retirementReport.optional(),
});
export type StackOutputs = Kept<typeof stackOutputs>;
