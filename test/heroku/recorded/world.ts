import type { HerokuSeed } from "../../../src/local/heroku/index.js";

/** What the local Heroku held when the exchanges of `association.json` were recorded. */
export const world: HerokuSeed = {
  accounts: [
    {
      email: "ops@raxx.example",
      keys: ["HRKU-00000000-0000-4000-8000-000000000001"],
      apps: ["app-one", "app-two"],
    },
    { email: "other@raxx.example", keys: ["HRKU-00000000-0000-4000-8000-000000000002"], apps: ["foreign"] },
  ],
  apps: [{ name: "app-one", vars: { U: "u", P: "theirs" } }, { name: "app-two" }, { name: "foreign" }],
};
