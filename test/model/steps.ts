// What may happen, as data (so that fast-check can shrink it), as words, and as deeds.
import fc from "fast-check";
import { expect } from "vitest";
import type { FaultAction } from "../../src/local/index.js";
import { count } from "./tally.js";
import {
  type Env,
  environments,
  flagAppOf,
  flatOf,
  goodValue,
  liveNames,
  names,
  namesOf,
  pathOf,
  variable,
} from "./values.js";
import { type Intent, isOn, type Watch } from "./watch.js";
import type { Answer, World } from "./world.js";

export interface Trouble {
  readonly service?: "infisical" | "heroku" | undefined;
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE" | undefined;
  readonly after: number;
  readonly times: number;
  readonly what: "drop" | "drop-after" | 500 | 429;
  /** Whether the step is run again right away, or life goes on with a half-done one. */
  readonly again: boolean;
}

type Kind = "good" | "the other's" | "shapeless" | "reference" | "live";
type Place = "flat" | Env;

export type Step =
  | { readonly do: "up"; readonly env: Env; readonly trouble?: Trouble | undefined }
  | { readonly do: "want"; readonly env: Env; readonly on: boolean; readonly trouble?: Trouble | undefined }
  | { readonly do: "retire"; readonly on: boolean; readonly trouble?: Trouble | undefined }
  | { readonly do: "promote"; readonly trouble?: Trouble | undefined }
  | {
      readonly do: "rollback";
      readonly env: Env;
      readonly how: "" | "--accept-stale" | "--restore-flat" | "--force";
      readonly trouble?: Trouble | undefined;
    }
  | {
      readonly do: "rotate";
      readonly env: Env;
      readonly name: string;
      readonly kind: Kind;
      readonly trouble?: Trouble | undefined;
    }
  | {
      readonly do: "provision";
      readonly env: Env;
      readonly name: string;
      readonly kind: Kind;
      readonly replace: boolean;
      readonly trouble?: Trouble | undefined;
    }
  | { readonly do: "provision all" }
  | { readonly do: "flag by hand"; readonly env: Env; readonly text: string | null }
  | { readonly do: "write" | "duplicate"; readonly place: Place; readonly name: string; readonly kind: Kind }
  | { readonly do: "erase"; readonly place: Place; readonly name: string }
  | { readonly do: "var"; readonly app: string; readonly name: string; readonly kind: Kind | "gone" }
  | { readonly do: "manage"; readonly env: Env; readonly name: string; readonly takeover: boolean }
  | { readonly do: "source"; readonly env: Env; readonly name: string; readonly source: "copy" | "provision" }
  | { readonly do: "wait"; readonly hours: number };

const env = fc.constantFrom<Env>(...environments);
/** Mostly the same few, so that what happens to one name meets what happened to it before. */
const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("STRIPE_RESTRICTED_KEY", "ALPACA_PAPER_API_SECRET_KEY") },
  { weight: 1, arbitrary: fc.constantFrom(...names) },
);
const appWith = (of: string, on: Env) => (of.startsWith("HEROKU") ? `raxx-console-${on}` : `raxx-api-${on}`);
const place = fc.constantFrom<Place>("flat", "flat", "prod", "staging");
const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Kind>("good") },
  { weight: 2, arbitrary: fc.constantFrom<Kind>("the other's", "shapeless", "reference", "live") },
);
const trouble = fc.option(
  fc.record<Trouble>({
    service: fc.constantFrom(undefined, "infisical", "heroku"),
    method: fc.constantFrom(undefined, "PATCH", "POST", "DELETE"),
    after: fc.oneof(fc.nat(4), fc.nat(45)),
    times: fc.constantFrom(1, 1, 2, 30),
    what: fc.constantFrom<Trouble["what"]>("drop", "drop-after", 500, 429),
    again: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  }),
  { nil: undefined, freq: 3 },
);

export const manage = fc.record({ do: fc.constant("manage" as const), env, name, takeover: fc.boolean() });
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("up" as const), env, trouble }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("want" as const), env, on: fc.boolean(), trouble }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retire" as const), on: fc.boolean(), trouble }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("promote" as const), trouble }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("rollback" as const),
      env,
      how: fc.constantFrom("" as const, "--accept-stale" as const, "--restore-flat" as const, "--force" as const),
      trouble,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("rotate" as const), env, name, kind, trouble }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("provision" as const),
      env: fc.constantFrom<Env>("staging", "staging", "staging", "prod"),
      name,
      kind,
      replace: fc.boolean(),
      trouble,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("provision all" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("flag by hand" as const),
      env,
      text: fc.constantFrom("true", "1", "True", "false", "False", null),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), place, name, kind }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("duplicate" as const), place, name, kind }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("erase" as const), place, name }) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        env,
        name,
        stray: fc.boolean(),
        kind: fc.constantFrom("good" as const, "good" as const, "gone" as const, "live" as const),
      })
      .map(({ env, name, stray, kind }) => ({
        do: "var" as const,
        app: appWith(stray ? "HEROKU" : name, env),
        name,
        kind,
      })),
  },
  { weight: 2, arbitrary: manage },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("source" as const),
      env,
      name,
      source: fc.constantFrom("copy" as const, "provision" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.constantFrom(1, 24, 47, 49) }) },
);

/** Places on the road, each with the way there. */
const toStagingOn: readonly Step[] = [{ do: "provision all" }, { do: "want", env: "staging", on: true }];
const toSoaked: readonly Step[] = [...toStagingOn, { do: "up", env: "prod" }, { do: "wait", hours: 49 }];
const toProdOn: readonly Step[] = [...toSoaked, { do: "promote" }];
const toRetired: readonly Step[] = [...toProdOn, { do: "wait", hours: 49 }, { do: "retire", on: true }];
export const stages = {
  "the flat vault": [],
  "staging provisioned": [{ do: "provision all" }, { do: "up", env: "staging" }, { do: "up", env: "prod" }],
  "staging on": toStagingOn,
  "staging soaked": toSoaked,
  "prod on": toProdOn,
  "flat copies retired": toRetired,
} as const satisfies Record<string, readonly Step[]>;
export type Stage = keyof typeof stages;

const pathAt = (of: string, where: Place): string => (where === "flat" ? flatOf(of) : pathOf(of, where));

export function words(one: Step): string {
  const troubled = "trouble" in one && one.trouble ? `, while ${troubleWords(one.trouble)}` : "";
  const text = () => {
    switch (one.do) {
      case "up":
        return `up --stack ${one.env}`;
      case "want":
        return `set vaultEnvAware: ${one.on} in Pulumi.${one.env}.yaml, and up --stack ${one.env}`;
      case "retire":
        return `set retireFlat: ${one.on} in Pulumi.prod.yaml, and up --stack prod`;
      case "promote":
        return "promote";
      case "rollback":
        return `rollback --stack ${one.env} ${one.how}`.trimEnd();
      case "rotate":
        return `rotate ${one.name} --env ${one.env} to a value that is ${one.kind}`;
      case "provision":
        return `provision ${one.name} --env ${one.env}${one.replace ? " --replace" : ""} with a value that is ${one.kind}`;
      case "provision all":
        return "somebody writes all of staging's values";
      case "flag by hand":
        return `heroku config:${one.text === null ? `unset ${variable}` : `set ${variable}=${one.text}`} --app ${flagAppOf(one.env)}`;
      case "write":
        return `somebody writes ${pathAt(one.name, one.place)}${one.name}: ${one.kind}`;
      case "duplicate":
        return `somebody adds a second row of ${pathAt(one.name, one.place)}${one.name}: ${one.kind}`;
      case "erase":
        return `somebody deletes ${pathAt(one.name, one.place)}${one.name}`;
      case "var":
        return `somebody sets ${one.name} on ${one.app}: ${one.kind}`;
      case "manage":
        return `manage ${one.name} on ${one.env}'s apps${one.takeover ? ", with takeover" : ""}`;
      case "source":
        return `set sources.${one.name}: ${one.source} in Pulumi.${one.env}.yaml`;
      case "wait":
        return `${one.hours} h pass`;
    }
  };
  return text() + troubled;
}

function troubleWords({ service, method, after, times, what, again }: Trouble): string {
  const which = `${times === 1 ? "one request" : `${times} requests`} (${[service, method].filter(Boolean).join(" ") || "any"}, after ${after})`;
  const how = {
    drop: "are lost",
    "drop-after": "are done and their answers lost",
    500: "answer 500",
    429: "answer 429",
  }[what];
  return `${which} ${how}; ${again ? "then again" : "and left so"}`;
}

/** Failures that a person has to mend first: no stack to ask, and nothing in the vault that a managed var could get. */
const mayFail = /unknown stack|would lose it|does not get it/;

export class Story {
  #thorough = true;

  constructor(
    readonly world: World,
    readonly watch: Watch,
  ) {}

  /**
   * @param thorough whether commands are run whole, and once more to see that nothing is left to do; else updates alone
   * @throws Error that says which of the promises a step broke
   */
  async play(one: Step, thorough: boolean): Promise<void> {
    const { world, watch } = this;
    this.#thorough = thorough;
    switch (one.do) {
      case "up":
        return this.#update({ command: "up", env: one.env }, ["up", "--stack", one.env, "--yes"], one.trouble);
      case "want":
        world.configure(one.env, {
          vaultEnvAware: one.on,
          ...(one.env === "prod" && !one.on ? { retireFlat: false } : {}),
        });
        return this.#update({ command: "up", env: one.env }, ["up", "--stack", one.env, "--yes"], one.trouble);
      case "retire":
        world.configure("prod", { retireFlat: one.on && world.settings("prod").vaultEnvAware === true });
        return this.#update({ command: "up", env: "prod" }, ["up", "--stack", "prod", "--yes"], one.trouble);
      case "promote":
        return this.#update({ command: "promote", env: "prod" }, ["promote", "--yes"], one.trouble);
      case "rollback": {
        const intent = {
          command: "rollback",
          env: one.env,
          restoreFlat: one.how === "--restore-flat",
          force: one.how === "--force",
        } as const;
        return this.#update(
          intent,
          ["rollback", "--stack", one.env, "--yes", ...(one.how ? [one.how] : [])],
          one.trouble,
        );
      }
      case "rotate":
        return this.#settle(
          { command: "rotate", env: one.env, name: one.name },
          ["rotate", one.name, "--env", one.env, "--yes"],
          one.trouble,
          this.#value(one.name, one.env, one.kind),
        );
      case "provision":
        return this.#settle(
          { command: "provision", env: one.env, name: one.name, replace: one.replace },
          ["provision", one.name, "--env", one.env, ...(one.replace ? ["--replace"] : [])],
          one.trouble,
          this.#value(one.name, one.env, one.kind),
        );
      case "provision all":
        return watch.others(() => {
          for (const each of namesOf("staging"))
            world.write(pathOf(each, "staging"), each, goodValue(each, "staging", world.serial()));
        });
      case "flag by hand":
        return watch.others(() => world.setVar(flagAppOf(one.env), variable, one.text));
      case "write":
      case "duplicate": {
        const value = this.#value(one.name, one.place === "staging" ? "staging" : "prod", one.kind);
        return watch.others(() =>
          (one.do === "write" ? world.write : world.duplicate).call(
            world,
            pathAt(one.name, one.place),
            one.name,
            value,
          ),
        );
      }
      case "erase":
        return watch.others(() => world.erase(pathAt(one.name, one.place), one.name));
      case "var": {
        const on: Env = one.app.endsWith("staging") ? "staging" : "prod";
        return watch.others(() =>
          world.setVar(one.app, one.name, one.kind === "gone" ? null : this.#value(one.name, on, one.kind)),
        );
      }
      case "manage":
        return this.#manage(one.env, one.name, one.takeover);
      case "source":
        if (!namesOf(one.env).includes(one.name)) return;
        return world.configure(one.env, {
          sources: { ...(world.settings(one.env).sources as object), [one.name]: one.source },
        });
      case "wait":
        return world.local.control.clock.advance(one.hours * 3_600_000);
    }
  }

  #value(of: string, on: Env, what: Kind): string {
    const { world } = this;
    const good = goodValue(of, on, world.serial());
    const now = (path: string, which: string) =>
      this.watch.last.rows.find((row) => row.path === path && row.name === which)?.value;
    if (what === "the other's") return now(on === "prod" ? pathOf(of, "staging") : flatOf(of), of) ?? good;
    if (what === "shapeless") return `nonsense-${world.serial()}`;
    if (what === "reference") return `${good}\${OTHER}`;
    if (what === "live") return now(flatOf(liveNames[1]!), liveNames[1]!) ?? good;
    return good;
  }

  /** On the apps that have the var now. */
  #manage(on: Env, of: string, takeover: boolean): void {
    const { world } = this;
    if (!namesOf(on).includes(of)) return;
    const apps = Object.entries(this.watch.last.apps).flatMap(([app, vars]) =>
      app.endsWith(`-${on}`) && of in vars ? [app] : [],
    );
    if (apps.length === 0) return;
    const { manage = {}, takeover: taken = {} } = world.settings(on) as {
      manage?: object;
      takeover?: Record<string, object>;
    };
    const reasons = Object.fromEntries(apps.map((app) => [app, { ...taken[app], [of]: "asked for by the model" }]));
    world.configure(on, {
      manage: { ...manage, [of]: apps },
      ...(takeover ? { takeover: { ...taken, ...reasons } } : {}),
    });
  }

  async #update(intent: Intent, argv: readonly string[], troubled: Trouble | undefined): Promise<void> {
    await this.#settle(intent, argv, troubled);
    this.world.rereadFlag(intent.env);
  }

  /** Runs a command, after trouble once more, and then again: that ends the same and writes nothing. */
  async #settle(intent: Intent, argv: readonly string[], troubled: Trouble | undefined, stdin?: string): Promise<void> {
    const { world, watch } = this;
    if (!this.#thorough && intent.command === "up") {
      await this.#once(intent, () => world.update(intent.env));
      return;
    }
    if (troubled) {
      world.local.control.addFault(faultOf(troubled));
      const first = await this.#once(intent, () => world.run(argv, stdin));
      world.local.control.clearFaults();
      if (first.code !== 0) count("troubled commands that failed");
      if (!troubled.again) return;
    }
    const wasOn = isOn(watch.last, intent.env);
    const done = await this.#once(intent, () => world.run(argv, stdin));
    if (done.code === 1 && !mayFail.test(done.told)) throw new Error(`failed with nothing in its way:\n${done.told}`);
    // What was refused may have removed the reason itself (flat copies written back, and then the flag can go off). And a flag
    // that went off makes the flat path the one that counts: copies follow it with the next update, never before.
    const once = () => (intent.command === "up" ? world.update(intent.env) : world.run(argv, stdin));
    if (done.code === 3 || (wasOn && !isOn(watch.last, intent.env))) await this.#once(intent, once);
    if (this.#thorough) await this.#nothingMore(intent, once, done);
  }

  /** Running it once more changes nothing. An update is run without the rest of its command, which only looks. */
  async #nothingMore(intent: Intent, once: () => Promise<Answer>, done: Answer): Promise<void> {
    // A rollback of a stack whose first update broke off records it, and the next one updates it as any other.
    if (intent.command === "rollback" && /no update of it is recorded/.test(done.told)) return;
    const { world, watch } = this;
    const [end, asked] = [watch.last, world.local.control.requests.length];
    const again = await this.#once(intent, once);
    const writes = world.local.control.requests.slice(asked).filter(({ write }) => write);
    const told = `\n${done.told}\n--- again (${again.code}):\n${again.told}`;
    // Once the path has the new value, what it had before may be told by nothing any more: then the second run says so, with 3.
    const forgotten = intent.command === "rotate" && /previous value is not known any more/.test(again.told);
    if (done.code === 0 && !forgotten) expect(again.code, `run again it ends otherwise:${told}`).toBe(0);
    expect(
      writes.map(({ method, path }) => `${method} ${path}`),
      `run again it writes:${told}`,
    ).toEqual([]);
    expect(watch.last).toEqual(end);
  }

  async #once(intent: Intent, run: () => Promise<Answer>): Promise<Answer> {
    const { world, watch } = this;
    const { requests } = world.local.control;
    const [asked, file] = [requests.length, world.fileText(intent.env)];
    const answer = await watch.during(intent, run);
    if (answer.code === 2 && requests.slice(asked).some(({ write }) => write))
      watch.found.push("wrong use, and something was changed");
    if (answer.code !== 0 && intent.command === "promote" && world.fileText(intent.env) !== file)
      watch.found.push("promote did not put the file back");
    if (intent.env === "staging" && ["up", "rollback"].includes(intent.command) && [0, 3].includes(answer.code))
      watch.stagingTold();
    if (watch.found.length > 0)
      throw new Error(`${watch.found.join("\n")}\n--- it said (${answer.code}):\n${answer.told}`);
    count(`${intent.command} ended with ${answer.code}`);
    return answer;
  }
}

function faultOf({ service, method, after, times, what }: Trouble) {
  const action: FaultAction =
    typeof what === "number" ? { status: what, body: { message: "trouble" }, headers: { "retry-after": "1" } } : what;
  return { service, method, after, times, do: action };
}
