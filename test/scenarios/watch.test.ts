// `status --watch` looks again until Ctrl-C.
import { afterEach, expect, it } from "vitest";
import { shortWaits } from "../support/shortWaits.js";
import { World } from "../support/world.js";

shortWaits();

let world: World;
afterEach(() => world.close());

/** Runs it until so many looks have ended. @param between what happens after each of them but the last */
async function watched(argv: readonly string[], looks: number, between: (look: number) => void) {
  const stop = new AbortController();
  let made = 0;
  world.control.onRequest = ({ method, path }) => {
    // The last request of a look is of the last environment's app.
    if (method !== "GET" || !/^\/apps\/raxx-console-prod\/config-vars$/.test(path)) return;
    made += 1;
    if (made < looks) between(made);
    else setImmediate(() => stop.abort());
  };
  const ran = await world.run(["status", ...argv], { signal: stop.signal });
  world.control.onRequest = undefined;
  return ran;
}

it("prints a report for each that is another one, and ends well on Ctrl-C", async () => {
  world = await World.open();
  const turnOn = (look: number) =>
    look === 1 && world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
  const { code, out } = await watched(["--watch", "5", "--json"], 3, turnOn);
  expect(code).toBe(0);
  const running = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).environments[0].flag.running);
  expect(running[0]).toBe(false);
  expect(running.at(-1)).toBe(true);
});

it("tells what a later look cannot do, and looks again", async () => {
  world = await World.open();
  const { code, err } = await watched(["--watch", "5"], 2, () =>
    world.control.addFault({
      service: "infisical",
      times: 1,
      do: { status: 403, body: { message: "No", error: "PermissionDenied" } },
    }),
  );
  expect([code, err]).toEqual([0, expect.stringMatching(/^! .*\n {2}again in 5 s$/m)]);
});

it.each([["4"], ["soon"], ["3000000000"]])("is not done every %s seconds", async (seconds) => {
  world = await World.open();
  const { code, err } = await world.run(["status", "--watch", seconds]);
  expect([code, err]).toEqual([2, expect.stringContaining("from 5 to 86400")]);
});

it("is another thing than a check", async () => {
  world = await World.open();
  const { code, err } = await world.run(["status", "--watch", "--check"]);
  expect([code, err]).toEqual([2, expect.stringContaining("--check")]);
});
