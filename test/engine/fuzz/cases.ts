import fc from "fast-check";
import type { ProgramData, ResourceData, Term } from "../conformance/program.js";
import type { StepData } from "../conformance/scenarios.js";

/** One life of a stack: what is done to it, in what order, and when the engine is killed. */
export interface FuzzCase {
  steps: StepData[];
  /** How many registrations and steps run side by side. */
  parallel: number;
  /** The engine is killed in the last step: after so many writes of its state. */
  killAfterWrites?: number | undefined;
}

const names = ["a", "b", "c", "d", "e"];
const groups = ["g", "h"];

/** A value: of its own, or taken from a resource that stands earlier in the program. */
const term = (earlier: string[]): fc.Arbitrary<Term> => {
  const own = fc.constantFrom<Term>("1", "2", null, ["x"], { y: 1 });
  const secret = fc.constant<Term>({ secret: "hush-hush" });
  if (earlier.length === 0) return fc.oneof({ weight: 5, arbitrary: own }, secret);
  const taken = fc.constantFrom(...earlier).map((name): Term => ({ ref: `${name}.result` }));
  return fc.oneof({ weight: 4, arbitrary: own }, { weight: 4, arbitrary: taken }, secret);
};

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 4 });

const without = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

const resource = (name: string, earlier: string[], parents: string[]): fc.Arbitrary<ResourceData> =>
  fc
    .record({
      inputs: fc.record({ value: term(earlier), kind: fc.constantFrom<Term>("k", "l"), dbr: fc.boolean() }),
      takesKind: earlier.length === 0 ? fc.constant(undefined) : sometimes(fc.constantFrom(...earlier)),
      options: fc.record({
        parent: parents.length === 0 ? fc.constant(undefined) : sometimes(fc.constantFrom(...parents)),
        dependsOn: sometimes(fc.subarray(earlier, { minLength: Math.min(1, earlier.length) })),
        deletedWith: earlier.length === 0 ? fc.constant(undefined) : sometimes(fc.constantFrom(...earlier)),
        protect: sometimes(fc.boolean()),
        retainOnDelete: sometimes(fc.constant(true)),
        deleteBeforeReplace: sometimes(fc.boolean()),
        ignoreChanges: sometimes(fc.constantFrom(["value"], ["kind"], ["value", "dbr"])),
        replaceOnChanges: sometimes(fc.constant(["kind"])),
        aliases: sometimes(fc.constantFrom(...names).map((old) => [{ name: old }])),
      }),
    })
    .map(({ inputs, takesKind, options }) => ({
      name,
      inputs: { ...inputs, ...(takesKind === undefined ? {} : { kind: { ref: `${takesKind}.result` } }) },
      options: without(options) as unknown as NonNullable<ResourceData["options"]>,
    }));

export const program: fc.Arbitrary<ProgramData> = fc
  .tuple(fc.subarray(groups), fc.shuffledSubarray(names), fc.boolean())
  .chain(([parents, chosen, outputs]) =>
    fc.tuple(...chosen.map((name, i) => resource(name, chosen.slice(0, i), parents))).map((resources) => ({
      resources: [...parents.map((name): ResourceData => ({ name, kind: "group" })), ...(resources as ResourceData[])],
      outputs: outputs ? Object.fromEntries(chosen.map((name) => [name, { ref: `${name}.result` }])) : {},
    })),
  );

const rules: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc
    .tuple(fc.constantFrom("create", "update", "delete", "read", "check"), fc.constantFrom(...names))
    .map(([call, name]) => `${call} ${name}`),
  fc.constantFrom("fail: refused", "partly: not ready"),
  { maxKeys: 3 },
);

const world: fc.Arbitrary<Record<string, Record<string, unknown> | null>> = fc.dictionary(
  fc.constantFrom(...names),
  fc.constantFrom(null, { value: "drifted", kind: "k" }),
  { maxKeys: 2 },
);

const step: fc.Arbitrary<StepData> = fc
  .record({
    op: fc.constantFrom<StepData["op"]>("up", "up", "up", "up", "preview", "refresh", "destroy"),
    program: sometimes(program),
    rules: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, rules),
    world: sometimes(world),
    refresh: sometimes(fc.boolean()),
    targets: fc.option(fc.subarray(names, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 8 }),
  })
  .map((data) => without(data) as StepData);

/** The first step always has a program. */
export const fuzzCase: fc.Arbitrary<FuzzCase> = fc.record({
  steps: fc
    .tuple(program, fc.array(step, { minLength: 1, maxLength: 5 }))
    .map(([first, more]) => [{ op: "up", program: first, rules: {} } satisfies StepData, ...more]),
  parallel: fc.constantFrom(1, 2, 16),
  killAfterWrites: fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 2 }),
});
