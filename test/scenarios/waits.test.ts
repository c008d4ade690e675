// Nothing seems to happen while a request waits to be repeated: every process says that it does.
import { afterEach, expect, it } from "vitest";
import { usual } from "../support/flavour.js";
import { done, World } from "../support/world.js";

let world: World;
afterEach(() => world.close());

it("up tells the waits of the command, the program and the providers", async () => {
  world = await World.open({ engine: "processes" });
  const { control } = world;
  // The command asks for folders once, the program for apps; only providers make folders.
  control.addFault({ service: "infisical", path: usual("/api/v1/folders"), method: "GET", nth: 1, do: "503" });
  control.addFault({ path: "^/apps/raxx-api-staging$", nth: 1, do: "429-retry-after" });
  control.addFault({ path: usual("/api/v1/folders"), method: "POST", nth: 1, do: "429-retry-after" });
  const { err } = done(await world.up("staging"));
  expect(err).toMatch(/… waiting: Infisical failed; GET \/api\/v[12]\/folders again in 0\.3 s/);
  expect(err).toContain("… waiting: Heroku limits the rate of requests; GET /apps/raxx-api-staging again in 1.0 s");
  expect(err).toContain(
    `… waiting: Infisical limits the rate of requests; POST ${usual("/api/v1/folders")} again in 1.0 s`,
  );
});
