import { z } from "zod";
import { type Engine, EngineError, plainResources, readPlainState } from "../engine/index.js";
import { type CopyRecord, lastOf, type MigrationRecord } from "../migration/index.js";
import type { Io } from "./io.js";
import { recordOf } from "./offline.js";
import type { LastUpdate } from "./offlineChanges.js";
import { kinds } from "./planSteps.js";
import { definedOnly, type OpenStack, openStack, type StackOptions } from "./stack.js";

/** What a stack's last update left, where its state lies open: no passphrase, no network, no engine. */
export async function lastUpdate(io: Io, projectDir: string, stack: string): Promise<LastUpdate> {
  const location = { projectDir, stack, env: definedOnly(io.env) };
  try {
    const own = await io.openEngine?.(location).export();
    return { is: "known", resources: own ? plainResources(own) : await readPlainState(location) };
  } catch (error) {
    if (error instanceof EngineError) return { is: "unknown", why: error.message };
    throw error;
  }
}

/** The stack's output `migration`, for work that needs neither its engine nor its passphrase: asked of them only where it has to be. */
export async function lastRecord(
  io: Io,
  projectDir: string,
  options: StackOptions,
): Promise<MigrationRecord | undefined> {
  const last = await lastUpdate(io, projectDir, options.stack);
  if (last.is === "known") return recordOf(last);
  const { engine } = await openStack(io, options);
  return (await engine.outputs()).migration?.value as MigrationRecord | undefined;
}

/** The same with everything else that the next plan is made from. */
export async function lastState(io: Io, { projectDir, engine }: OpenStack, stack: string) {
  const update = await lastUpdate(io, projectDir, stack);
  if (update.is === "known") return { record: recordOf(update), last: lastOf(update.resources ?? []) };
  const outputs = await engine.outputs();
  const resources = "migration" in outputs ? plainResources(await engine.export()) : [];
  return { record: outputs.migration?.value as MigrationRecord | undefined, last: lastOf(resources) };
}

const memory = z.object({ records: z.record(z.string(), z.object({ wrote: z.string(), from: z.string() })) });

/** What a stack's sets remember of their copies, by name. Empty where the state cannot be read: then nothing is known of them. */
export async function copyRecords(engine: Engine): Promise<Record<string, CopyRecord>> {
  const resources = await engine.export().then(plainResources, () => []);
  const sets = resources.filter(({ type }) => kinds[type] === "secrets");
  return Object.assign({}, ...sets.map(({ outputs }) => memory.safeParse(outputs.memory).data?.records));
}
