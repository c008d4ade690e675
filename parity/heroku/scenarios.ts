// Every route of the Heroku Platform API that the client calls, on an app that the run makes and deletes.
import type { Asked, Scenario, Step, Values } from "../scenario.js";

export type Caller = "owner" | "stranger";
export type Can = never;

export interface Context {
  /** Name of the run's app. */
  readonly app: string;
  readonly values: Values;
}

type Ask = (context: Context) => Asked<Caller>;

const step = (name: string, ask: Ask): Step<Context, Caller> => ({ name, ask });

const get =
  (path: string, headers?: Readonly<Record<string, string>>): Ask =>
  ({ app }) => ({ method: "GET", path: path.replace("APP", app), ...(headers ? { headers } : {}) });

const create =
  (name: (own: string) => string): Ask =>
  ({ app }) => ({ method: "POST", path: "/apps", body: { name: name(app) } });

const patch =
  (changes: (value: (name: string) => string) => Readonly<Record<string, unknown>>): Ask =>
  ({ app, values }) => ({
    method: "PATCH",
    path: `/apps/${app}/config-vars`,
    body: changes((name) => values.of(name)),
  });

const remove: Ask = ({ app }) => ({ method: "DELETE", path: `/apps/${app}` });

const newestReleases = get("/apps/APP/releases", { range: "version ..; max=50,order=desc" });

export const scenarios: readonly Scenario<Context, Caller, Can>[] = [
  {
    name: "an app's life",
    steps: [
      step("the account", get("/account")),
      step("the account of a key that is none", (context) => ({ ...get("/account")(context), as: "stranger" })),
      step("an app before it is there", get("/apps/APP")),
      step(
        "create it",
        create((own) => own),
      ),
      step(
        "create another of its name",
        create((own) => own),
      ),
      step(
        "create one with an underscore in its name",
        create(() => "no_such_name"),
      ),
      step("read it", get("/apps/APP")),
      step("its config vars", get("/apps/APP/config-vars")),
      step(
        "set two",
        patch((value) => ({ FIRST: value("first"), SECOND: value("second") })),
      ),
      step(
        "set one and remove the other",
        patch((value) => ({ FIRST: value("third"), SECOND: null })),
      ),
      step(
        "set what is set already",
        patch((value) => ({ FIRST: value("third") })),
      ),
      step(
        "remove one that is not there",
        patch(() => ({ MISSING: null })),
      ),
      step(
        "set one to a number",
        patch(() => ({ FIRST: 1 })),
      ),
      step(
        "set one with a dash in its name",
        patch((value) => ({ "A-B": value("first") })),
      ),
      step(
        "set an empty one",
        patch(() => ({ EMPTY: "" })),
      ),
      step(
        "set more than fits",
        patch((value) => ({ LARGE: value("first").repeat(2000) })),
      ),
      step("what is set", get("/apps/APP/config-vars")),
      step("its releases", newestReleases),
      step("its releases, from a version on", get("/apps/APP/releases", { range: "version 3..; max=200,order=asc" })),
      step("config vars of an app that is not there", get("/apps/APP-none/config-vars")),
      step("a route that is not there", get("/apps/APP/no-such-thing")),
      step("a request of another version", get("/account", { accept: "application/json" })),
      step("delete it", remove),
      step("delete it again", remove),
      step("its config vars afterwards", get("/apps/APP/config-vars")),
    ],
  },
];
