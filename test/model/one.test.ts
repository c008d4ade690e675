import { test, vi } from "vitest";
import { Story, stages, type Step, words } from "./steps.js";
import { Watch } from "./watch.js";
import { World } from "./world.js";
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  return { ...real, setTimeout: (ms: number, ...rest: []) => real.setTimeout(Math.min(ms / 100, 5), ...rest) };
});
test("one", async () => {
  const world = await World.open();
  const story = new Story(world, new Watch(world));
  for (const step of [...stages["flat copies retired"], {do:"want", env:"prod", on:false}, {do:"rollback",env:"staging",how:""}, {do:"want",env:"prod",on:false}] as Step[]) {
    console.log(words(step));
    setTimeout(()=>{console.log(world.local.control.requests.slice(-5))},5000); if (step.do==="up") { const a= await Promise.race([world.run(["up","--stack",step.env,"--yes"]), new Promise(r=>setTimeout(r,8000))]); console.log(a);} else await story.play(step);console.log(story.world.local.control.requests.length)
  }
  await world.close();
}, 20000);
