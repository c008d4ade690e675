// Which sequences there are: worlds to begin in, steps at random, and themes, in which what matters of an audit's finding is
// given and the rest left to chance.
import fc from "fast-check";
import {
  type Deed,
  faults,
  halves,
  type Kind,
  type OtherOperator,
  parts,
  type Step,
  type Trouble,
  ways,
} from "./steps.js";
import { type Env, environments, flagAppOf, names, type Place } from "./values.js";

const stripe = "STRIPE_RESTRICTED_KEY";
const secret = "ALPACA_PAPER_API_SECRET_KEY";
const env = fc.constantFrom<Env>(...environments);
/** Mostly the same few, so that what happens to one name meets what happened to it before. */
const common = fc.constantFrom(stripe, secret);
const name = fc.oneof({ weight: 5, arbitrary: common }, { weight: 1, arbitrary: fc.constantFrom(...names) });
const appWith = (of: string, on: Env) => (of.startsWith("HEROKU") ? flagAppOf(on) : `raxx-api-${on}`);
const place = fc.constantFrom<Place>("flat", "flat", "prod", "staging");
const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Kind>("good") },
  { weight: 2, arbitrary: fc.constantFrom<Kind>("the other's", "shapeless", "reference", "live") },
);

/** A step whose only field that is not left to chance is what it does. */
const does = <const Do extends Step["do"], Rest extends object>(
  what: Do,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) => fc.record({ do: fc.constant(what), ...rest } as never) as unknown as fc.Arbitrary<{ do: Do } & Rest>;

const deeds: readonly fc.WeightedArbitrary<Deed>[] = [
  {
    weight: 2,
    arbitrary: does("flag by hand", { env, text: fc.constantFrom("true", "1", "True", "false", "False", null) }),
  },
  { weight: 4, arbitrary: does("write", { place, name, kind }) },
  { weight: 1, arbitrary: does("duplicate", { place, name, kind }) },
  { weight: 2, arbitrary: does("erase", { place, name }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ env, name, stray: fc.boolean(), kind: fc.constantFrom("good", "good", "gone", "live") })
      .map(({ env, name, stray, kind }) => ({ do: "var", app: appWith(stray ? "HEROKU" : name, env), name, kind })),
  },
];
const otherOperator: fc.Arbitrary<OtherOperator> = fc.record({
  do: fc.constant("another operator" as const),
  command: fc.constantFrom("rotate", "up"),
  env,
  name,
});

const trouble = fc.option(
  fc.record<Trouble>({
    service: fc.constantFrom(undefined, "infisical", "heroku"),
    method: fc.constantFrom(undefined, "PATCH", "POST", "DELETE"),
    after: fc.oneof(fc.nat(4), fc.nat(45)),
    times: fc.constantFrom(1, 1, 2, 30),
    what: fc.constantFrom(...faults),
    again: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  }),
  { nil: undefined, freq: 3 },
);
/** A quarter of the commands is disturbed by a request, another one by somebody else. */
const meanwhile = fc.option(
  fc.oneof({ weight: 2, arbitrary: fc.oneof(...deeds) }, { weight: 1, arbitrary: otherOperator }),
  {
    nil: undefined,
    freq: 4,
  },
);
const around = { trouble, meanwhile };
const prod = fc.constant<Env>("prod");

export const step: fc.Arbitrary<Step> = fc.oneof(
  ...deeds,
  { weight: 6, arbitrary: does("up", { env, ...around }) },
  { weight: 3, arbitrary: does("want", { env, on: fc.boolean(), ...around }) },
  { weight: 2, arbitrary: does("retire", { env: prod, on: fc.boolean(), ...around }) },
  { weight: 3, arbitrary: does("promote", { env: prod, ...around }) },
  { weight: 3, arbitrary: does("rollback", { env, how: fc.constantFrom(...ways), name, ...around }) },
  { weight: 4, arbitrary: does("rotate", { env, name, kind, ...around }) },
  {
    weight: 2,
    arbitrary: does("provision", {
      env: fc.constantFrom<Env>("staging", "staging", "staging", "prod"),
      name,
      kind,
      replace: fc.boolean(),
      ...around,
    }),
  },
  {
    weight: 2,
    arbitrary: does("part", { env, half: fc.constantFrom(...halves), of: fc.constantFrom(...parts), name }),
  },
  { weight: 1, arbitrary: does("provision all", {}) },
  { weight: 1, arbitrary: does("wish", { env, on: fc.boolean() }) },
  { weight: 2, arbitrary: does("manage", { env, name, takeover: fc.boolean() }) },
  { weight: 1, arbitrary: does("unmanage", { env, name }) },
  { weight: 1, arbitrary: does("source", { env, name, source: fc.constantFrom("copy", "provision") }) },
  {
    weight: 1,
    arbitrary: does("rights", {
      places: fc.constantFrom<readonly Place[] | undefined>(undefined, ["flat"], ["flat", "staging"], ["prod"]),
    }),
  },
  { weight: 1, arbitrary: does("another laptop", { env }) },
  {
    weight: 1,
    arbitrary: does("elsewhere", {
      env,
      where: fc.constantFrom("root", "project", "vault's URL", "Heroku's URL", undefined),
    }),
  },
  { weight: 2, arbitrary: does("wait", { hours: fc.constantFrom(1, 24, 47, 49) }) },
);

/** Places on the road, each with the way there. */
const toStagingOn: readonly Step[] = [{ do: "provision all" }, { do: "want", env: "staging", on: true }];
const toSoaked: readonly Step[] = [...toStagingOn, { do: "up", env: "prod" }, { do: "wait", hours: 49 }];
const toProdOn: readonly Step[] = [...toSoaked, { do: "promote", env: "prod" }];
const toRetired: readonly Step[] = [...toProdOn, { do: "wait", hours: 49 }, { do: "retire", env: "prod", on: true }];
export const stages = {
  "the flat vault": [],
  "staging provisioned": [{ do: "provision all" }, { do: "up", env: "staging" }, { do: "up", env: "prod" }],
  "staging on": toStagingOn,
  "staging soaked": toSoaked,
  "prod on": toProdOn,
  "prod on and rotated": [...toProdOn, { do: "rotate", env: "prod", name: stripe, kind: "good" }],
  "flat copies retired": toRetired,
  "flat copies retired, on another laptop": [...toRetired, { do: "another laptop", env: "prod" }],
} as const satisfies Record<string, readonly Step[]>;
export type Stage = keyof typeof stages;

/** What the stacks keep on apps from the beginning. */
export const settings = {
  nothing: [],
  "a key on staging's": [{ do: "manage", env: "staging", name: stripe, takeover: true }],
  "keys on prod's": [stripe, secret].map(
    (name): Step => ({ do: "manage", env: "prod", name, takeover: name === secret }),
  ),
} as const satisfies Record<string, readonly Step[]>;
export type Settings = keyof typeof settings;

export interface Case {
  /** `at random`, or the theme. */
  readonly theme: string;
  readonly stage: Stage;
  readonly managed: Settings;
  readonly steps: readonly Step[];
}

interface Theme {
  readonly from: readonly Stage[];
  readonly steps: fc.Arbitrary<readonly Step[]>;
}

const theme = (from: readonly Stage[], ...steps: readonly fc.Arbitrary<Step>[]): Theme => ({
  from,
  steps: fc.tuple(...steps),
});
/** The same name in each of its steps. */
const ofOne = (from: readonly Stage[], steps: (name: string) => readonly fc.Arbitrary<Step>[]): Theme => ({
  from,
  steps: common.chain((of) => fc.tuple(...steps(of))),
});
const just = (one: Step) => fc.constant(one);
const good = "good" as const;
const bad = fc.constantFrom<Kind>("shapeless", "reference");
/** The parts of an update that a flag or a var may slip through. */
const part = (env: Env, name: string): fc.Arbitrary<Step> =>
  fc.constantFrom(
    { do: "part", env, half: "--target", of: "flag's app", name },
    { do: "part", env, half: "--target", of: "other app", name },
    { do: "part", env, half: "--target", of: "migration", name },
    { do: "part", env, half: "--target --target-dependents", of: "secrets", name },
    { do: "part", env, half: "--exclude", of: "migration", name },
    { do: "part", env, half: "--exclude", of: "secrets", name },
    { do: "part", env, half: "--replace", of: "other app", name },
  );

/** By the letter of the finding that each is made from. */
export const themes: Readonly<Record<string, Theme>> = {
  "a: a token that may not read every path": ofOne(["prod on", "prod on and rotated"], (name) => [
    just({ do: "rotate", env: "prod", name, kind: good }),
    does("rights", { places: fc.constantFrom<readonly Place[]>(["flat"], ["flat", "staging"], ["prod"]) }),
    does("rollback", { env, how: fc.constantFrom("", "--restore-flat"), name: fc.constant(name) }),
  ]),
  "b: a newer value at the flat path": ofOne(["prod on", "prod on and rotated"], (name) => [
    just({ do: "write", place: "flat", name, kind: good }),
    does("rollback", { env: prod, how: fc.constantFrom(...ways), name: fc.constantFrom(stripe, secret) }),
  ]),
  "c: an app with a key of its own": ofOne(["the flat vault", "staging provisioned"], (name) => [
    just({ do: "var", app: appWith(name, "staging"), name, kind: good }),
    does("rotate", { env, name: fc.constant(name), kind }),
  ]),
  "d: a flat value that is bad for a while": ofOne(["staging provisioned", "staging soaked"], (name) => [
    does("write", { place: fc.constant<Place>("flat"), name: fc.constant(name), kind: bad }),
    just({ do: "up", env: "prod" }),
    just({ do: "write", place: "flat", name, kind: good }),
    fc.constantFrom<Step>({ do: "up", env: "prod" }, { do: "promote", env: "prod" }),
  ]),
  "d: an operator's value that is older than the flat one": ofOne(["staging soaked"], (name) => [
    just({ do: "source", env: "prod", name, source: "provision" }),
    just({ do: "write", place: "flat", name, kind: good }),
    just({ do: "promote", env: "prod" }),
  ]),
  "e: a part of an update that turns a flag": ofOne(["staging soaked"], (name) => [
    just({ do: "erase", place: "prod", name }),
    just({ do: "wish", env: "prod", on: true }),
    part("prod", name),
  ]),
  "e: a part of an update that takes on a var": ofOne(["staging provisioned", "prod on"], (name) => [
    just({ do: "manage", env: "prod", name, takeover: true }),
    part("prod", name),
    just({ do: "unmanage", env: "prod", name }),
    just({ do: "up", env: "prod" }),
  ]),
  "g: a flag that moves while a rotation writes": theme(
    ["staging provisioned", "staging on", "staging soaked", "prod on"],
    does("rotate", {
      env,
      name: common,
      kind: fc.constant<Kind>(good),
      flip: fc.record({ env, on: fc.boolean(), write: fc.constant(1) }),
    }),
  ),
  "g: a flag that goes off while flat copies are deleted": theme(
    ["prod on"],
    just({ do: "wait", hours: 49 }),
    does("retire", {
      env: prod,
      on: fc.constant(true),
      flip: fc.record({ env, on: fc.constant(false), write: fc.integer({ min: 1, max: 6 }) }),
    }),
  ),
  "h: another place": theme(
    ["the flat vault", "staging provisioned", "staging on", "staging soaked", "prod on"],
    does("elsewhere", { env, where: fc.constantFrom("root", "project", "vault's URL", "Heroku's URL") }),
    fc.oneof(
      does("up", { env }),
      does("rotate", { env, name: common, kind: fc.constant<Kind>(good) }),
      does("rollback", { env, how: fc.constantFrom(...ways), name: common }),
    ),
  ),
  "i: a retirement that is undone from another laptop": theme(
    ["flat copies retired", "flat copies retired, on another laptop"],
    does("rollback", { env: prod, how: fc.constantFrom("--restore-flat", "--restore-flat", ""), name: common }),
  ),
  "m: what stands in the way": ofOne(
    ["the flat vault", "staging provisioned", "staging on", "staging soaked"],
    (name) => [
      fc.oneof(
        does("write", { place, name: fc.constant(name), kind }),
        does("erase", { place, name: fc.constant(name) }),
        does("duplicate", { place, name: fc.constant(name), kind }),
      ),
      fc.oneof(does("up", { env }), does("want", { env, on: fc.constant(true) })),
    ],
  ),
  "n: a flat value that no update copies": ofOne(["the flat vault"], (name) => [
    does("write", { place: fc.constant<Place>("flat"), name: fc.constant(name), kind: bad }),
    just({ do: "up", env: "prod" }),
  ]),
  "o: a root that holds nothing of the catalog's": {
    from: ["the flat vault"],
    steps: env.map((of) => [
      { do: "elsewhere", env: of, where: "root" },
      { do: "up", env: of },
    ]),
  },
};

const managed = fc.constantFrom<Settings>("nothing", ...(Object.keys(settings) as Settings[]));
const atRandom = (from: readonly Stage[]): fc.Arbitrary<Case> =>
  fc.record({
    theme: fc.constant("at random"),
    stage: fc.constantFrom(...from),
    managed,
    steps: fc.array(step, { minLength: 2, maxLength: 6, size: "max" }),
  });

/** Half of the sequences at random, half by a theme; of these some with a random step before or after. */
export function cases(from: readonly Stage[]): fc.Arbitrary<Case> {
  const extra = fc.oneof(
    { weight: 2, arbitrary: fc.constant<readonly Step[]>([]) },
    { weight: 1, arbitrary: fc.tuple(step) },
  );
  const themed = Object.entries(themes).flatMap(([title, { from: own, steps }]) => {
    const both = own.filter((stage) => from.includes(stage));
    if (both.length === 0) return [];
    const arbitrary = fc.tuple(extra, steps, extra).map((all) => all.flat());
    return [
      {
        weight: 1,
        arbitrary: fc.record<Case>({
          theme: fc.constant(title),
          stage: fc.constantFrom(...both),
          managed,
          steps: arbitrary,
        }),
      },
    ];
  });
  return fc.oneof({ weight: themed.length, arbitrary: atRandom(from) }, ...themed);
}
