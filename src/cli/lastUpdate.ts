import { EngineError, plainResources, readPlainState } from "../engine/index.js";
import type { MigrationRecord } from "../migration/index.js";
import type { Io } from "./io.js";
import { recordOf } from "./offline.js";
import type { LastUpdate } from "./offlineChanges.js";
import { definedOnly, openStack, type StackOptions } from "./stack.js";

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
