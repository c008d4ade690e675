import { integrityProblem } from "../../../src/engine/embedded/state/integrity.js";
import type { ResourceState, Snapshot } from "../../../src/engine/embedded/state/resource.js";
import { isProviderType } from "../../../src/engine/embedded/urn.js";
import { MemoryStack } from "../conformance/inProcess.js";
import type { ProgramData } from "../conformance/program.js";
import type { StepData } from "../conformance/scenarios.js";
import { meddle, type World } from "../conformance/world.js";
import type { FuzzCase } from "./cases.js";

/** What an engine promised and did not keep. */
export class Broken extends Error {}

const require = (promise: boolean, what: string): void => {
  if (!promise) throw new Broken(what);
};

/** Lives a case, and checks after every step what must hold whatever happened. */
export async function check(data: FuzzCase): Promise<void> {
  const stack = new MemoryStack();
  /** Things that the engine may leave in the world: kept on purpose, or deleted with something else. */
  const excused = new Set<string>();
  let program: ProgramData = { resources: [] };
  for (const [i, step] of data.steps.entries()) {
    program = step.program ?? program;
    const last = i === data.steps.length - 1;
    if (last && data.killAfterWrites !== undefined) {
      await killed(stack, step, program, data, excused);
      return;
    }
    await lived(stack, step, program, data.parallel, excused);
  }
  await converges(stack, program, data.parallel, excused);
}

async function lived(stack: MemoryStack, step: StepData, program: ProgramData, parallel: number, excused: Set<string>) {
  prepare(stack, step);
  const before = structuredClone(stack.world.things);
  const stateBefore = JSON.stringify(stack.state?.resources ?? []);
  const { result, events } = await finishes(stack.run(step, program, parallel), step);
  for (const snapshot of stack.writes) sound(snapshot);
  excuse(stack, excused, step.world ?? {});
  if (step.op === "preview") {
    require(JSON.stringify(stack.world.things) === JSON.stringify(before), "a preview changed the world");
    require(JSON.stringify(stack.state?.resources ?? []) === stateBefore, "a preview changed the state");
    return;
  }
  const errors = events.filter(({ diagnosticEvent }) => diagnosticEvent?.severity === "error");
  require(result === "failed"
    ? errors.length > 0
    : errors.length === 0, `the result is ${result} with ${errors.length} errors`);
  for (const { diagnosticEvent } of errors) {
    require(!/damaged state|not in the dependency graph|is not a function|undefined/.test(
      diagnosticEvent?.message ?? "",
    ), `the engine says: ${diagnosticEvent?.message}`);
  }
  matches(stack, excused);
  require(!JSON.stringify(events).includes('"hush-hush"'), "an event shows a secret");
}

function prepare(stack: MemoryStack, step: StepData): void {
  stack.world.rules = step.rules ?? {};
  stack.world.calls = [];
  meddle(stack.world, step.world ?? {});
}

function sound(snapshot: Snapshot): void {
  const problem = integrityProblem(snapshot.resources);
  require(problem === undefined, `a state was written in which ${problem}`);
}

async function finishes<T>(run: Promise<T>, step: StepData): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Broken(`${step.op} does not end`)), 5000);
  });
  return Promise.race([run, late]).finally(() => clearTimeout(timer));
}

const owned = ({ resources }: Snapshot): ResourceState[] =>
  resources.filter(({ custom, external, type }) => custom && !external && !isProviderType(type));

/** What is in state is in the world, and the other way round, but for what was excused. */
function matches(stack: MemoryStack, excused: ReadonlySet<string>): void {
  const states = owned(stack.snapshot());
  const known = new Set(states.map(({ id }) => id));
  for (const id of Object.keys(stack.world.things)) {
    require(known.has(id) || excused.has(id), `${id} is in the world, and the state has forgotten it`);
  }
  for (const { id, pendingReplacement, urn } of states) {
    require(id !== "", `${urn} is in state without an id`);
    require(pendingReplacement ||
      id in stack.world.things ||
      excused.has(id), `${id} is in state, and not in the world`);
  }
}

/** Retained things stay behind; so does what goes with something else in the real world, and not in this one; and what was meddled with is gone. */
function excuse(stack: MemoryStack, excused: Set<string>, meddled: Record<string, unknown>): void {
  for (const snapshot of [...stack.writes, stack.snapshot()]) {
    for (const { id, retainOnDelete, deletedWith } of owned(snapshot))
      if (retainOnDelete || deletedWith !== "") excused.add(id);
  }
  for (const { id, urn } of owned(stack.snapshot())) {
    const name = urn.split("::").at(-1) ?? "";
    if (name in meddled || Object.keys(meddled).some((key) => id.startsWith(`${key}-`))) excused.add(id);
  }
}

/** With nothing in the way an update succeeds, and another one finds nothing to do. */
async function converges(stack: MemoryStack, program: ProgramData, parallel: number, excused: Set<string>) {
  prepare(stack, { op: "up", rules: {} });
  const first = await finishes(stack.run({ op: "up" }, program, parallel), { op: "up" });
  for (const snapshot of stack.writes) sound(snapshot);
  const reasons = first.events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "error" ? [diagnosticEvent.message] : [],
  );
  if (
    first.result === "failed" &&
    reasons.some((reason) => /protect|Duplicate resource alias|conflicting with alias/.test(reason))
  )
    return;
  require(first.result === "succeeded", `an update with nothing in its way fails: ${reasons.join(" ")}`);
  excuse(stack, excused, {});
  matches(stack, excused);
  stack.world.calls = [];
  const second = await finishes(stack.run({ op: "up" }, program, parallel), { op: "up" });
  require(second.result === "succeeded", "a second update fails");
  require(stack.world.calls.length === 0, `a second update still does something: ${stack.world.calls.join(", ")}`);
  require(stack.snapshot().pendingOperations.length === 0, "operations stay pending");
}

/** The engine dies in the middle: what it wrote last, and the world as it was then, is what the next run finds. */
async function killed(stack: MemoryStack, step: StepData, program: ProgramData, data: FuzzCase, excused: Set<string>) {
  prepare(stack, { ...step, rules: step.rules ?? {} });
  const found = await stopped(stack, step, program, data);
  for (const id of Object.keys(stack.world.things)) if (!(id in found.world.things)) excused.add(id);
  stack.state = found.state;
  Object.assign(stack.world, found.world, { rules: {}, calls: [] });
  const snapshot = stack.snapshot();
  sound(snapshot);
  const pending = new Set(snapshot.pendingOperations.map(({ resource }) => resource.urn.split("::").at(-1)));
  const states = new Set(owned(snapshot).map(({ id }) => id));
  for (const id of Object.keys(stack.world.things)) {
    const name = id.replace(/-\d+$/, "");
    require(states.has(id) ||
      excused.has(id) ||
      pending.has(name) ||
      meddledName(step, name), `${id} was made, and a kill leaves no trace of it`);
    if (!states.has(id)) excused.add(id);
  }
  for (const { id } of owned(snapshot)) if (!(id in stack.world.things)) excused.add(id);
  await converges(stack, program, data.parallel, excused);
}

const meddledName = ({ world }: StepData, name: string): boolean => world !== undefined && name in world;

/** The state and the world at the moment of a write; later ones do not happen. */
async function stopped(
  stack: MemoryStack,
  step: StepData,
  program: ProgramData,
  { parallel, killAfterWrites }: FuzzCase,
) {
  let writes = 0;
  let found: { state: MemoryStack["state"]; world: World } | undefined;
  stack.onWrite = () => {
    writes += 1;
    if (writes === killAfterWrites)
      found = { state: structuredClone(stack.state), world: structuredClone(stack.world) };
  };
  await finishes(stack.run(step, program, parallel), step);
  stack.onWrite = () => {};
  return found ?? { state: structuredClone(stack.state), world: structuredClone(stack.world) };
}
