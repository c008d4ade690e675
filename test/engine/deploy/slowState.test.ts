// A large state takes long to write: steps that end meanwhile share a write. What a crash may find on disk stays the same.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { EventEmitter } from "../../../src/engine/embedded/deploy/events.js";
import { StepExecutor } from "../../../src/engine/embedded/deploy/executor.js";
import { SnapshotManager } from "../../../src/engine/embedded/deploy/snapshotManager.js";
import type { Step } from "../../../src/engine/embedded/deploy/step.js";
import { emptyResource, type Snapshot } from "../../../src/engine/embedded/state/resource.js";

/** Longer than the writes that are made at once (ms). */
const writeMs = 120;
const count = 40;

it("a write that takes long is shared, and at no moment is a resource made that the state on disk does not know", async () => {
  let disk: Snapshot = { resources: [], pendingOperations: [] };
  let writes = 0;
  const persist = async (snapshot: Snapshot) => {
    writes += 1;
    await sleep(writeMs);
    disk = snapshot;
  };
  const made = (urn: string) => disk.resources.some((one) => one.urn === urn);
  const begun = (urn: string) => disk.pendingOperations.some(({ resource }) => resource.urn === urn);
  const world = new Set<string>();
  const lost: string[] = [];
  /** What a `kill -9` right now would leave unknown. */
  const look = (moment: string) => {
    for (const urn of world) if (!made(urn) && !begun(urn)) lost.push(`${moment}: ${urn}`);
  };
  const creation = (index: number): Step => {
    const urn = `urn:pulumi:dev::p::t:t:T::${index}`;
    const now = { ...emptyResource, urn, type: "t:t:T", custom: true };
    return {
      op: "create",
      old: undefined,
      new: now,
      logical: true,
      keys: [],
      diffs: [],
      detailedDiff: undefined,
      skippedCreate: false,
      apply: async () => {
        world.add(urn);
        look("while it is made");
        await sleep((index * 37) % 290);
        Object.assign(now, { id: String(index) });
        return undefined;
      },
      // Here the program goes on with what needs it.
      complete: () => {
        if (!made(urn)) lost.push(`goes on too early: ${urn}`);
      },
    };
  };
  const snapshots = new SnapshotManager({ resources: [], pendingOperations: [] }, persist);
  const executor = new StepExecutor({
    dryRun: false,
    parallel: 16,
    events: new EventEmitter(() => {}, false),
    snapshots,
    carryOn: false,
    refreshCounts: false,
    onFailure: () => {},
  });
  const watch = setInterval(() => look("later"), 5);
  await executor.parallel(Array.from({ length: count }, (_, index) => creation(index)));
  await snapshots.close();
  clearInterval(watch);
  expect(lost).toEqual([]);
  expect(disk.resources.map(({ id }) => id).filter((id) => id === "")).toEqual([]);
  expect([disk.resources.length, disk.pendingOperations]).toEqual([count, []]);
  expect(executor.faults).toEqual([]);
  // Two for each step, one after another, would be 80.
  expect(writes).toBeLessThan(count);
});
