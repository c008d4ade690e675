import { describe, expect, it } from "vitest";
import { MemoryStack, thingUrn } from "./conformance/inProcess.js";
import type { ProgramData } from "./conformance/program.js";

const made: ProgramData = { resources: [{ name: "a", inputs: { value: "1" } }] };
const grown: ProgramData = {
  resources: [
    ...made.resources,
    { name: "new", inputs: { value: "1" } },
    { name: "uses", inputs: { value: "1" }, options: { dependsOn: ["new"] } },
  ],
};

/** Here the CLI writes a state that it then refuses to read: the dependant is made, and what it depends on is not. */
describe("what depends on a new resource that is excluded", () => {
  it("is refused by name in preview and update, and nothing is made", async () => {
    const stack = new MemoryStack();
    await stack.run({ op: "up" }, made);
    const before = structuredClone(stack.state?.resources);
    for (const op of ["preview", "up"] as const) {
      stack.world.calls = [];
      const { result, events } = await stack.run({ op, excludes: ["new"] }, grown);
      expect(result).toBe("failed");
      expect(events.map(({ diagnosticEvent }) => diagnosticEvent?.message ?? "").join("")).toContain(
        `Resource '${thingUrn("uses")}' depends on '${thingUrn("new")}', which --exclude leaves out and which does not exist yet. Exclude both, or neither.`,
      );
      expect(stack.world.calls).toEqual([]);
    }
    expect(stack.state?.resources).toEqual(before);
  });

  it("is left out where both are excluded, and made later", async () => {
    const stack = new MemoryStack();
    await stack.run({ op: "up" }, made);
    const { result, changes } = await stack.run({ op: "up", excludes: ["new", "uses"] }, grown);
    expect([result, changes]).toEqual(["succeeded", { same: 4 }]);
    expect((await stack.run({ op: "up" }, grown)).changes).toEqual({ same: 2, create: 2 });
  });
});
