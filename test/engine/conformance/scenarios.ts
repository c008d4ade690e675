import type { ProgramData, ResourceData } from "./program.js";

/** What is done to a stack, and the world it is done in. */
export interface StepData {
  op: "preview" | "up" | "refresh" | "destroy";
  /** The program from here on; without one the last stays. */
  program?: ProgramData;
  /** What the provider does from here on, by call: `fail: …`, `partly: …`, or for `check x` the reason. */
  rules?: Record<string, string>;
  /** Changes made to the world behind the engine's back, by id prefix: new inputs, or null for "gone". */
  world?: Record<string, Record<string, unknown> | null>;
  refresh?: boolean;
  /** Names of resources. */
  targets?: string[];
  excludes?: string[];
  replace?: string[];
  targetDependents?: boolean;
}

export interface Scenario {
  name: string;
  steps: StepData[];
}

const thing = (
  name: string,
  inputs: ResourceData["inputs"] = { value: name },
  options: ResourceData["options"] = {},
): ResourceData => ({
  name,
  inputs,
  options,
});
const read = (name: string, id: string, dependsOn: string[]): ResourceData => ({
  name,
  id,
  inputs: {},
  options: { dependsOn },
});
const group = (
  name: string,
  options: ResourceData["options"] = {},
  outputs: ResourceData["outputs"] = {},
): ResourceData => ({
  name,
  kind: "group",
  options,
  outputs,
});
const program = (...resources: ResourceData[]): ProgramData => ({ resources });
const withOutputs = (outputs: ProgramData["outputs"], ...resources: ResourceData[]): ProgramData => ({
  resources,
  ...(outputs === undefined ? {} : { outputs }),
});
const up = (data?: ProgramData, more: Omit<StepData, "op" | "program"> = {}): StepData => ({
  op: "up",
  ...(data === undefined ? {} : { program: data }),
  ...more,
});
const preview = (data?: ProgramData, more: Omit<StepData, "op" | "program"> = {}): StepData => ({
  ...up(data, more),
  op: "preview",
});
const refresh = (more: Omit<StepData, "op"> = {}): StepData => ({ op: "refresh", ...more });
const destroy = (more: Omit<StepData, "op"> = {}): StepData => ({ op: "destroy", ...more });

const chain = (value: string, kind = "k"): ResourceData[] => [
  thing("a", { value, kind }),
  thing("b", { value: { ref: "a.result" } }),
  thing("c", { value: { ref: "b.result" } }),
];

/** The contract between the engines. Names are sentences; results are recorded from the Pulumi CLI in `golden.json`. */
export const scenarios: Scenario[] = [
  {
    name: "a resource is created, left alone, updated, replaced and deleted",
    steps: [
      preview(
        withOutputs(
          { made: { ref: "b.result" }, plain: "text" },
          thing("a", { value: "1", kind: "k" }),
          thing("b", { value: { ref: "a.result" } }),
        ),
      ),
      up(),
      up(),
      preview(
        withOutputs(
          { made: { ref: "b.result" } },
          thing("a", { value: "2", kind: "k" }),
          thing("b", { value: { ref: "a.result" } }),
        ),
      ),
      up(),
      preview(
        withOutputs(
          { made: { ref: "b.result" } },
          thing("a", { value: "2", kind: "other" }),
          thing("b", { value: { ref: "a.result" } }),
        ),
      ),
      up(),
      preview(program(thing("a", { value: "2", kind: "other" }))),
      up(),
      destroy(),
    ],
  },
  {
    name: "a replacement that deletes first takes its dependants along only where they must be replaced",
    steps: [
      up(
        program(
          thing("a", { value: "1", kind: "k", dbr: true }),
          thing("b", { value: "b", kind: { ref: "a.result" }, dbr: true }),
          thing("c", { value: { ref: "a.result" } }),
          thing("d", { value: "d" }, { dependsOn: ["b"] }),
        ),
      ),
      preview(
        program(
          thing("a", { value: "2", kind: "other", dbr: true }),
          thing("b", { value: "b", kind: { ref: "a.result" }, dbr: true }),
          thing("c", { value: { ref: "a.result" } }),
          thing("d", { value: "d" }, { dependsOn: ["b"] }),
        ),
      ),
      up(),
      up(),
    ],
  },
  {
    name: "deleteBeforeReplace of the program wins over the provider's wish",
    steps: [
      up(
        program(
          thing("a", { value: "1", kind: "k" }, { deleteBeforeReplace: true }),
          thing("b", { value: "1", kind: "k", dbr: true }, { deleteBeforeReplace: false }),
        ),
      ),
      up(
        program(
          thing("a", { value: "1", kind: "l" }, { deleteBeforeReplace: true }),
          thing("b", { value: "1", kind: "l", dbr: true }, { deleteBeforeReplace: false }),
        ),
      ),
    ],
  },
  {
    name: "a creation after a deletion that fails is made up for by the next run",
    steps: [
      up(program(thing("a", { value: "1", kind: "k", dbr: true }), thing("b", { value: { ref: "a.result" } }))),
      up(program(thing("a", { value: "1", kind: "l", dbr: true }), thing("b", { value: { ref: "a.result" } })), {
        rules: { "create a": "fail: not today" },
      }),
      preview(undefined, { rules: {} }),
      up(),
    ],
  },
  {
    name: "a resource deleted ahead of a replacement that nobody wants any more is forgotten",
    steps: [
      up(program(thing("a", { value: "1", kind: "k", dbr: true }))),
      up(program(thing("a", { value: "1", kind: "l", dbr: true })), { rules: { "create a": "fail: not today" } }),
      up(program(), { rules: {} }),
    ],
  },
  {
    name: "a replaced resource whose deletion fails stays in state until it is gone",
    steps: [
      up(program(thing("a", { value: "1", kind: "k" }))),
      up(program(thing("a", { value: "1", kind: "l" })), { rules: { "delete a": "fail: in use" } }),
      up(),
      up(undefined, { rules: {} }),
    ],
  },
  {
    name: "a creation that fails stops what depends on it, and the next run goes on from there",
    steps: [
      preview(program(...chain("1")), { rules: { "create b": "fail: no luck" } }),
      up(),
      up(undefined, { rules: {} }),
    ],
  },
  {
    name: "an update that fails keeps the old state and the stack's previous outputs",
    steps: [
      up(withOutputs({ made: { ref: "b.result" }, gone: "soon" }, ...chain("1"))),
      up(withOutputs({ made: { ref: "b.result" }, fresh: "new" }, ...chain("2")), {
        rules: { "update b": "fail: refused" },
      }),
      up(undefined, { rules: {} }),
    ],
  },
  {
    name: "a deletion that fails keeps what it depends on",
    steps: [
      up(program(...chain("1"))),
      up(program(), { rules: { "delete b": "fail: in use" } }),
      destroy({ rules: {} }),
    ],
  },
  {
    name: "destroy goes against the direction of dependencies and stops at a failure",
    steps: [up(program(...chain("1"))), destroy({ rules: { "delete b": "fail: in use" } }), destroy({ rules: {} })],
  },
  {
    name: "a resource that was only partly made is kept, and made right by the next update",
    steps: [
      up(program(thing("a", { value: "1" })), { rules: { "create a": "partly: not ready" } }),
      preview(undefined, { rules: {} }),
      up(),
      up(),
    ],
  },
  {
    name: "an update that succeeds in part keeps the new outputs and the old inputs",
    steps: [
      up(program(thing("a", { value: "1" }))),
      up(program(thing("a", { value: "2" })), { rules: { "update a": "partly: not ready" } }),
      up(undefined, { rules: {} }),
      up(),
    ],
  },
  {
    name: "inputs that the provider does not accept stop the update before anything of the resource is touched",
    steps: [
      preview(program(thing("a"), thing("b", { value: { ref: "a.result" } })), {
        rules: { "check b": "is not a colour" },
      }),
      up(),
      up(undefined, { rules: {} }),
    ],
  },
  {
    name: "two resources of one name are refused",
    steps: [
      up(program(thing("a"))),
      // One after the other: which event comes first would be chance.
      preview(
        program(thing("a"), thing("b", { value: { ref: "a.result" } }), thing("a", { value: { ref: "b.result" } })),
      ),
    ],
  },
  {
    name: "protected resources are neither deleted nor replaced, and their siblings go",
    steps: [
      up(program(thing("b"), thing("a", { value: "1", kind: "k" }, { protect: true, dependsOn: ["b"] }))),
      preview(program(thing("b"), thing("a", { value: "1", kind: "l" }, { protect: true, dependsOn: ["b"] }))),
      up(),
      up(program(thing("b"))),
      destroy(),
      up(program(thing("a", { value: "1", kind: "k" }))),
      destroy(),
    ],
  },
  {
    name: "with every resource protected nothing is deleted",
    steps: [
      up(
        program(
          thing("a", undefined, { protect: true }),
          thing("b", { value: { ref: "a.result" } }, { protect: true }),
        ),
      ),
      destroy(),
    ],
  },
  {
    name: "a retained resource leaves the state and stays in the world",
    steps: [
      up(program(thing("a", { value: "1", kind: "k" }, { retainOnDelete: true }))),
      up(program(thing("a", { value: "1", kind: "l" }, { retainOnDelete: true }))),
      up(program()),
    ],
  },
  {
    name: "a resource deleted with another one needs no deletion of its own",
    steps: [
      up(
        program(
          thing("a", { value: "1", kind: "k" }),
          thing("b", { value: "b" }, { deletedWith: "a" }),
          thing("c", { value: "c" }, { deletedWith: "a" }),
        ),
      ),
      up(program(thing("a", { value: "1", kind: "k" }), thing("b", { value: "b" }, { deletedWith: "a" }))),
      up(program(thing("a", { value: "1", kind: "l" }), thing("b", { value: "b" }, { deletedWith: "a" }))),
      destroy(),
    ],
  },
  {
    name: "ignored changes stay as they were",
    steps: [
      up(program(thing("a", { value: "1", object: { x: 1, y: 1 }, list: ["p", "q"] }))),
      up(
        program(
          thing(
            "a",
            { value: "2", object: { x: 2, y: 2 }, list: ["P", "Q"] },
            { ignoreChanges: ["value", "object.x", "list[1]"] },
          ),
        ),
      ),
      up(
        program(
          thing(
            "a",
            { value: "2", object: { y: 2 }, list: ["P"] },
            { ignoreChanges: ["object.x", "list[1]", "absent"] },
          ),
        ),
      ),
    ],
  },
  {
    name: "replaceOnChanges needs a key that the provider names",
    steps: [
      up(program(thing("a", { value: "1", kind: "k" }, { replaceOnChanges: ["value"] }))),
      up(program(thing("a", { value: "2", kind: "k" }, { replaceOnChanges: ["value"] }))),
      up(program(thing("a", { value: "3", kind: "l" }, { replaceOnChanges: ["kind"] }))),
    ],
  },
  {
    name: "secrets stay secret in inputs, outputs and the stack's outputs",
    steps: [
      up(
        withOutputs(
          { plain: { ref: "a.result" }, hidden: { ref: "b.value" }, nested: { inner: { secret: "deep-secret" } } },
          thing("a", {
            value: "1",
            list: ["x", { secret: "list-secret" }],
            object: { open: "o", shut: { secret: "object-secret" } },
          }),
          thing("b", { value: { secret: "value-secret" } }),
          thing("c", { value: { ref: "b.value" } }, { additionalSecretOutputs: ["secretResult"] }),
        ),
      ),
      up(),
      up(
        withOutputs(
          { plain: { ref: "a.result" }, hidden: { ref: "b.value" } },
          thing("a", {
            value: { secret: "1" },
            list: ["x", "list-secret"],
            object: { open: "o", shut: { secret: "other-secret" } },
          }),
          thing("b", { value: "value-secret" }),
          thing("c", { value: { ref: "b.value" } }),
        ),
      ),
    ],
  },
  {
    name: "a renamed resource with an alias is the same resource",
    steps: [
      up(program(thing("a", { value: "1" }), thing("b", { value: { ref: "a.result" } }))),
      preview(
        program(
          { name: "z", inputs: { value: "1", name: "a" }, options: { aliases: [{ name: "a" }] } },
          thing("b", { value: { ref: "z.result" } }),
        ),
      ),
      up(),
      up(),
    ],
  },
  {
    name: "a resource that moves into a group or changes its type is found by its alias",
    steps: [
      up(program(thing("a", { value: "1" }), thing("b", { value: "2" }))),
      up(
        program(group("g"), thing("a", { value: "1" }, { parent: "g", aliases: [{ parent: "none" }] }), {
          name: "b",
          type: "Other",
          inputs: { value: "2" },
          options: { aliases: [{ type: "pulumi-nodejs:dynamic/toy:Thing" }] },
        }),
      ),
      up(),
    ],
  },
  {
    name: "what a renamed group holds is renamed with it",
    steps: [
      up(
        program(
          group("g"),
          thing("g-a", { value: "1" }, { parent: "g" }),
          thing("other", { value: "2" }, { parent: "g" }),
        ),
      ),
      up(
        program(
          group("h", { aliases: [{ name: "g" }] }),
          { name: "h-a", inputs: { value: "1", name: "g-a" }, options: { parent: "h" } },
          thing("other", { value: "2" }, { parent: "h" }),
        ),
      ),
    ],
  },
  {
    name: "groups are created, updated and deleted with what they hold",
    steps: [
      up(
        withOutputs(
          { made: { ref: "a.result" } },
          group("g", {}, { total: { ref: "a.result" } }),
          group("inner", { parent: "g" }, { one: 1 }),
          thing("a", { value: "1" }, { parent: "g" }),
          thing("b", { value: "2" }, { parent: "inner" }),
          thing("after", { value: "3" }, { dependsOn: ["g"] }),
        ),
      ),
      up(
        withOutputs(
          { made: { ref: "a.result" } },
          group("g", {}, { total: "other" }),
          thing("a", { value: "1" }, { parent: "g" }),
        ),
      ),
      destroy(),
    ],
  },
  {
    name: "options of a group reach what it holds",
    steps: [
      up(
        program(
          group("g", { protect: true }),
          thing("a", { value: "1" }, { parent: "g" }),
          thing("b", { value: "2" }, { parent: "g", protect: false }),
        ),
      ),
      destroy(),
    ],
  },
  {
    name: "targets limit an update to what they name",
    steps: [
      up(program(thing("a", { value: "1" }), thing("b", { value: "1" }), thing("c", { value: "1" }))),
      preview(program(thing("a", { value: "2" }), thing("b", { value: "2" }), thing("new", { value: "2" })), {
        targets: ["a"],
      }),
      up(undefined, { targets: ["a"] }),
      up(
        program(thing("a", { value: "2" }), thing("new", { value: "2" }), thing("d", { value: { ref: "new.result" } })),
        { targets: ["d"] },
      ),
      up(program(thing("a", { value: "2" })), { targets: ["b"] }),
      destroy({ targets: ["a"] }),
      destroy({ targets: ["missing"] }),
    ],
  },
  {
    name: "a targeted resource is not destroyed without what depends on it",
    steps: [up(program(...chain("1"))), destroy({ targets: ["a"] }), destroy({ targets: ["b", "c"] })],
  },
  {
    name: "a refresh takes over what was changed in the world",
    steps: [
      up(withOutputs({ made: { ref: "a.result" } }, ...chain("1"))),
      refresh(),
      refresh({ world: { a: { name: "a", value: "drifted", kind: "k" } } }),
      preview(),
      up(),
      up(undefined, { refresh: true, world: { b: { name: "b", value: "drifted" } } }),
    ],
  },
  {
    name: "a refresh forgets what is gone, and the next update makes it again",
    steps: [up(program(...chain("1"))), refresh({ world: { a: null } }), preview(), up()],
  },
  {
    name: "a refresh in front of an update makes what is gone",
    steps: [
      up(program(...chain("1"))),
      preview(undefined, { refresh: true, world: { b: null } }),
      up(undefined, { refresh: true }),
    ],
  },
  {
    name: "a refresh in front of a destruction forgets what is gone, and stops it where it fails",
    steps: [
      up(program(...chain("1"))),
      destroy({ refresh: true, rules: { "read b": "fail: not reachable" } }),
      destroy({ refresh: true, rules: {}, world: { c: null } }),
    ],
  },
  {
    name: "a read that fails fails the refresh and keeps the state",
    steps: [
      up(program(...chain("1"))),
      refresh({ rules: { "read b": "fail: not reachable" }, world: { a: { name: "a", value: "drifted", kind: "k" } } }),
      refresh({ rules: {} }),
    ],
  },
  {
    name: "an untargeted resource is neither checked nor updated, and what depends on it is given its old outputs",
    steps: [
      up(withOutputs({ a: { ref: "a.result" }, b: { ref: "b.result" }, plain: "1" }, ...chain("1"))),
      up(withOutputs({ a: { ref: "a.result" }, b: { ref: "b.result" }, plain: "2" }, ...chain("2")), {
        targets: ["b"],
        rules: { "check a": "must not be asked" },
      }),
      up(undefined, { rules: {} }),
    ],
  },
  {
    name: "targets with what depends on them",
    steps: [
      up(program(...chain("1"), thing("d", { value: "1" }))),
      preview(program(...chain("2"), thing("d", { value: "2" })), { targets: ["a"], targetDependents: true }),
      up(undefined, { targets: ["a"], targetDependents: true }),
      up(program(...chain("3"), thing("d", { value: "3" })), { targets: ["b"], targetDependents: true }),
      up(program(thing("d", { value: "3" })), { targets: ["b"], targetDependents: true }),
      destroy({ targets: ["a"], targetDependents: true }),
    ],
  },
  {
    name: "what depends on a new resource that targets leave out fails, unless it is left out too",
    steps: [
      up(program(thing("x"))),
      preview(program(thing("x"), ...chain("1")), { targets: ["b"] }),
      up(undefined, { targets: ["b"] }),
      up(undefined, { targets: ["x"] }),
    ],
  },
  {
    name: "an excluded resource stays as it is, and what depends on it is given its old outputs",
    steps: [
      up(program(...chain("1"), thing("d", { value: "1" }))),
      preview(program(...chain("2"), thing("d", { value: "2" })), { excludes: ["a"] }),
      up(undefined, { excludes: ["a"], rules: { "check a": "must not be asked" } }),
      up(undefined, { excludes: ["d"], rules: {} }),
      up(program(), { excludes: ["b"] }),
      destroy({ excludes: ["b"] }),
      destroy(),
    ],
  },
  {
    name: "an excluded resource that does not exist yet is not made",
    steps: [up(program(thing("a"), thing("b")), { excludes: ["b"] }), up()],
  },
  {
    name: "a refresh before an update reads what is named, and nothing else",
    steps: [
      up(program(...chain("1"))),
      up(undefined, {
        refresh: true,
        excludes: ["b"],
        world: { a: { name: "a", value: "x" }, b: { name: "b", value: "x" } },
      }),
      up(undefined, { refresh: true, targets: ["a"], world: { a: null, b: null } }),
      up(undefined, { refresh: true, targets: ["a"], targetDependents: true }),
      up(program(thing("new")), { refresh: true, targets: ["new"] }),
    ],
  },
  {
    name: "a resource is replaced on request",
    steps: [
      up(program(...chain("1"))),
      preview(undefined, { replace: ["a"] }),
      up(undefined, { replace: ["a"] }),
      up(),
      up(program(thing("a", { value: "2", dbr: true }), thing("e")), { replace: ["a"] }),
      up(undefined, { replace: ["missing"] }),
    ],
  },
  {
    name: "a resource is replaced on request before its successor is made, and so is what it holds up",
    steps: [
      up(program(thing("a", { value: "1" }, { deleteBeforeReplace: true }), thing("b", { value: { ref: "a.id" } }))),
      up(undefined, { replace: ["a"] }),
    ],
  },
  {
    name: "a retained resource that is replaced on request is not deleted",
    steps: [
      up(program(thing("a", { value: "1" }, { retainOnDelete: true }))),
      up(undefined, { replace: ["a"] }),
      up(program(), {}),
    ],
  },
  {
    name: "a replacement on request of what targets leave out",
    steps: [
      up(program(...chain("1"), thing("d", { value: "1" }))),
      up(program(...chain("2"), thing("d", { value: "2" })), { targets: ["d"], replace: ["a"] }),
    ],
  },
  {
    name: "refresh of one target leaves the others",
    steps: [
      up(program(thing("a", { value: "1" }), thing("b", { value: "1" }))),
      refresh({ targets: ["a"], world: { a: { name: "a", value: "x" }, b: { name: "b", value: "x" } } }),
    ],
  },
  {
    name: "a resource that is read belongs to nobody",
    steps: [
      up(program(thing("a", { value: "1" }))),
      up(
        program(
          thing("a", { value: "1" }),
          { name: "r", id: "a-1", inputs: { value: "unused" } },
          thing("b", { value: { ref: "r.result" } }),
        ),
      ),
      up(),
      up(program(thing("a", { value: "1" }))),
    ],
  },
  {
    name: "a dynamic provider that finds nothing to read has read nothing",
    steps: [up(program({ name: "r", id: "missing", inputs: {} })), up(program())],
  },
  {
    name: "a resource that was read can become one's own, and the other way round",
    steps: [
      up(program(thing("a", { value: "1" }), read("r", "a-1", ["a"]))),
      up(program(thing("a", { value: "1" }), thing("r", { value: "own" }))),
      up(program(thing("a", { value: "1" }), read("r", "a-1", ["a"]))),
    ],
  },
  {
    name: "dependsOn orders creation and deletion",
    steps: [
      up(
        program(
          thing("a"),
          thing("b", undefined, { dependsOn: ["a"] }),
          thing("c", undefined, { dependsOn: ["a", "b"] }),
        ),
      ),
      up(program(thing("a"), thing("b"), thing("c", undefined, { dependsOn: ["b"] }))),
      destroy(),
    ],
  },
  {
    name: "an explicit provider is a resource of its own",
    steps: [
      up(program({ name: "p", kind: "provider" }, thing("a", { value: "1" }, { provider: "p" }))),
      up(),
      up(program(thing("a", { value: "1" }))),
      up(program({ name: "q", kind: "provider" }, thing("a", { value: "1" }, { provider: "q" }))),
      destroy(),
    ],
  },
  {
    name: "only the stack's outputs change",
    steps: [
      up(withOutputs({ one: 1, two: [1, { x: null }], gone: true }, thing("a"))),
      preview(withOutputs({ one: 2, three: "3" }, thing("a"))),
      up(),
    ],
  },
  {
    name: "a program that fails after it has declared everything deletes nothing",
    steps: [
      up(withOutputs({ kept: "yes" }, thing("a"), thing("b"))),
      preview({ resources: [thing("a", { value: "2" })], fail: "I gave up" }),
      up(),
    ],
  },
  {
    name: "timeouts are kept in state",
    steps: [
      up(program(thing("a", undefined, { customTimeouts: { create: "5m", delete: "10m" } }))),
      up(program(thing("a"))),
    ],
  },
  {
    name: "a stack reference to a stack that is not there fails",
    steps: [
      preview(
        withOutputs(
          { there: { ref: "organization/toy/nowhere.name" } },
          { name: "organization/toy/nowhere", kind: "reference", inputs: { name: "organization/toy/nowhere" } },
        ),
      ),
    ],
  },
  {
    name: "a stack can refer to itself as it was",
    steps: [
      up(withOutputs({ plain: "text", hidden: { secret: "output-secret" } }, thing("a"))),
      up(
        withOutputs(
          { plain: "text", hidden: { secret: "output-secret" } },
          { name: "self", kind: "reference", inputs: { name: "organization/toy/dev" } },
          thing("a"),
        ),
      ),
      up(),
      up(program(thing("a"))),
    ],
  },
  {
    name: "an empty program makes a stack and nothing else",
    steps: [preview(program()), up(), refresh(), destroy()],
  },
];
