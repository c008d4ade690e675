// Steps as deeds, and what a command promises of how it ends.
import { expect } from "vitest";
import { resourceTypes } from "../../src/migration/index.js";
import type { StatusReport } from "../../src/report/index.js";
import { otherThanForetold } from "./foretold.js";
import type { Deed, Flip, Kind, OtherOperator, Step, Trouble } from "./steps.js";
import { count } from "./tally.js";
import {
  appsOf,
  type Env,
  flagAppOf,
  flatOf,
  goodValue,
  liveNames,
  namesOf,
  pathAt,
  pathOf,
  variable,
  vendorOf,
} from "./values.js";
import { at, type Intent, isOn, readAt, type Watch } from "./watch.js";
import type { Answer, Held, World } from "./world.js";

/** Failures that a person has to mend first: no stack to ask, and nothing in the vault that a managed var could get. */
const mayFail = /unknown stack|would lose it|does not get it/;
const updates: readonly Intent["command"][] = ["up", "promote", "rollback"];

/** What else happens while a command runs. */
interface Around {
  readonly trouble?: Trouble | undefined;
  readonly meanwhile?: Deed | OtherOperator | undefined;
  readonly flip?: Flip | undefined;
}

/** How closely a step is looked at. */
export type Look =
  /** Updates alone: the way to where a sequence begins. */
  | "no"
  /** Commands whole. */
  | "whole"
  /** The last one of a sequence also once more, to see that nothing is left to do. */
  | "last";

export class Story {
  #look: Look = "last";

  constructor(
    readonly world: World,
    readonly watch: Watch,
  ) {}

  /** @throws Error that says which of the promises a step broke */
  async play(one: Step, look: Look): Promise<void> {
    const { world } = this;
    this.#look = look;
    switch (one.do) {
      case "up":
        return this.#update({ command: "up", env: one.env }, [], one);
      case "want":
        this.#wish(one.env, one.on);
        return this.#update({ command: "up", env: one.env }, [], one);
      case "wish":
        this.#wish(one.env, one.on);
        return;
      case "retire":
        world.configure("prod", { retireFlat: one.on && world.settings("prod").vaultEnvAware === true });
        return this.#update({ command: "up", env: "prod" }, [], one);
      case "promote":
        return this.#update({ command: "promote", env: "prod" }, [], one);
      case "rollback": {
        const overwrite = one.how.endsWith("--overwrite") ? one.name : undefined;
        const [restoreFlat, force] = [one.how.startsWith("--restore-flat"), one.how === "--force"];
        const options = [...(one.how ? one.how.split(" ") : []), ...(overwrite ? [overwrite] : [])];
        return this.#update({ command: "rollback", env: one.env, restoreFlat, overwrite, force }, options, one);
      }
      case "rotate":
      case "provision": {
        const value = this.#value(one.name, one.env, one.kind);
        const replace = one.do === "provision" && one.replace;
        const intent = { command: one.do, env: one.env, name: one.name, replace, value };
        return this.#settle(intent, [one.do, one.name, ...flagsOf(intent)], one, value);
      }
      case "part":
        return this.#part(one);
      default:
        this.#outside(one);
    }
  }

  /** What is done outside of the tool. */
  #outside(
    one: Exclude<Step, { do: "up" | "want" | "retire" | "promote" | "rollback" | "rotate" | "provision" }>,
  ): void {
    const { world, watch } = this;
    switch (one.do) {
      case "provision all":
        watch.others(() => {
          for (const each of namesOf("staging"))
            world.write(pathOf(each, "staging"), each, goodValue(each, "staging", world.serial()));
        });
        return;
      case "manage":
        this.#manage(one.env, one.name, one.takeover);
        return;
      case "unmanage": {
        const { [one.name]: _gone, ...rest } = (world.settings(one.env).manage ?? {}) as Record<string, unknown>;
        world.configure(one.env, { manage: rest });
        return;
      }
      case "source":
        if (!namesOf(one.env).includes(one.name)) return;
        if (one.source === "provision") watch.forgotten(one.env, one.name);
        world.configure(one.env, {
          sources: { ...(world.settings(one.env).sources as object), [one.name]: one.source },
        });
        return;
      case "rights":
        world.restrict(one.places);
        return;
      case "another laptop":
        watch.forgotten(one.env);
        world.forget(one.env);
        return;
      case "elsewhere":
        world.goElsewhere(one.env, one.where);
        return;
      case "wait":
        world.local.control.clock.advance(one.hours * 3_600_000);
        return;
      case "flag by hand":
      case "write":
      case "duplicate":
      case "erase":
      case "var":
        this.#deed(one);
        return;
    }
  }

  /** What other people do. */
  #deed(one: Deed): void {
    const { world, watch } = this;
    switch (one.do) {
      case "flag by hand":
        watch.others(() => world.setVar(flagAppOf(one.env), variable, one.text));
        return;
      case "write":
      case "duplicate": {
        const value = this.#value(one.name, one.place === "staging" ? "staging" : "prod", one.kind);
        const path = pathAt(one.name, one.place);
        watch.others(() =>
          one.do === "write" ? world.write(path, one.name, value) : world.duplicate(path, one.name, value),
        );
        return;
      }
      case "erase":
        watch.others(() => world.erase(pathAt(one.name, one.place), one.name));
        return;
      case "var": {
        const on: Env = one.app.endsWith("staging") ? "staging" : "prod";
        const value = one.kind === "gone" ? null : this.#value(one.name, on, one.kind);
        watch.others(() => world.setVar(one.app, one.name, value));
        return;
      }
    }
  }

  #wish(env: Env, on: boolean): void {
    this.world.configure(env, { vaultEnvAware: on, ...(env === "prod" && !on ? { retireFlat: false } : {}) });
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

  /** A part of an update: whatever it leaves out, what it does is watched as everything else is. */
  async #part({ env, half, of, name }: Extract<Step, { do: "part" }>): Promise<void> {
    const [option, ...more] = half.split(" ");
    const urn = (type: string, called: string) => `urn:pulumi:${env}::console-vault::${type}::${called}`;
    const urns = {
      "flag's app": urn(resourceTypes.association, flagAppOf(env)),
      "other app": urn(resourceTypes.association, appsOf(env).find((app) => app !== flagAppOf(env))!),
      migration: urn(resourceTypes.migration, env),
      secrets: urn(resourceTypes.secretSet, `${vendorOf(name)}-${env}`),
      folder: urn(resourceTypes.folder, `${vendorOf(name)}-${env}`),
    };
    await this.#once({ command: "up", env, part: true }, () =>
      this.world.run(["up", "--stack", env, "--yes", option!, urns[of], ...more]),
    );
    this.world.rereadFlag(env);
  }

  async #update(intent: Intent, options: readonly string[], around: Around): Promise<void> {
    const stack = intent.command === "promote" ? [] : ["--stack", intent.env];
    await this.#settle(intent, [intent.command, ...stack, "--yes", ...options], around);
    this.world.rereadFlag(intent.env);
  }

  /** Runs a command, after trouble once more; the last one of a sequence again: that ends the same and writes nothing. */
  async #settle(intent: Intent, argv: readonly string[], around: Around, stdin?: string): Promise<void> {
    const { world, watch } = this;
    const { trouble, flip } = around;
    if (this.#look === "no" && intent.command === "up") {
      await this.#once(intent, () => world.update(intent.env));
      return;
    }
    const before = watch.last;
    world.meanwhile = this.#meanwhile(around.meanwhile);
    if (trouble) {
      const { what, again: _again, ...which } = trouble;
      world.local.control.addFault({ ...which, do: what });
      const disturbed = await this.#once(intent, () => world.run(argv, stdin), flip);
      world.local.control.clearFaults();
      if (disturbed.code !== 0) count("troubled commands that failed");
      if (!trouble.again) return;
    }
    const wasOn = isOn(watch.last, intent.env);
    // A rollback of a stack that no update recorded makes its record; the next run updates it as any other.
    const first = intent.command === "rollback" && !world.hasState(intent.env);
    const done = await this.#once(intent, () => world.run(argv, stdin), flip);
    const alone = !trouble && !around.meanwhile && !flip;
    if (done.code === 1 && alone && !this.#hindered(intent.env) && !mayFail.test(done.told))
      throw new Error(`failed with nothing in its way:\n${done.told}`);
    if (alone) this.#promised(intent, before);
    if (intent.command === "up" && alone) this.#foretold(done);
    // An update that turns the flag off has judged what was read before.
    const turnedOff = wasOn && !isOn(watch.last, intent.env);
    if (updates.includes(intent.command) && this.#look === "last" && !turnedOff) await this.#told(intent, done);
    if (this.#look !== "last" || flip) return;
    // What was refused may have removed the reason itself (flat copies written back, and then the flag can go off). And a flag
    // that went off makes the flat path the one that counts: copies follow it with the next update, never before.
    // At another place only the whole command refuses in time: an engine's refresh asks Heroku before any program runs.
    const bare = intent.command === "up" && !world.isElsewhere(intent.env);
    const once = () => (bare ? world.update(intent.env) : world.run(argv, stdin));
    if (done.code === 3 || turnedOff || first) await this.#once(intent, once);
    await this.#nothingMore(intent, once, done);
  }

  /** Whether the operator's own rights or settings may be what a command fails for. */
  #hindered(env: Env): boolean {
    return this.world.restricted || this.world.isElsewhere(env);
  }

  #meanwhile(one: Deed | OtherOperator | undefined): (() => Promise<void>) | undefined {
    const { world } = this;
    if (!one) return undefined;
    if (one.do !== "another operator") return async () => this.#deed(one);
    const { env, name } = one;
    if (one.command === "up")
      return async () =>
        void (await this.#once({ command: "up", env }, () => world.run(["up", "--stack", env, "--yes"])));
    const value = this.#value(name, env, "good");
    const intent: Intent = { command: "rotate", env, name, value };
    return async () => void (await this.#once(intent, () => world.run(["rotate", name, ...flagsOf(intent)], value)));
  }

  /** Running it once more changes nothing. An update is run without the rest of its command, which only looks. */
  async #nothingMore(intent: Intent, once: () => Promise<Answer>, done: Answer): Promise<void> {
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

  /** An update does what its own preview said, whatever it says. */
  #foretold({ code, told }: Answer): void {
    if (code !== 0 && code !== 3) return;
    const other = otherThanForetold(this.world.runs);
    if (other.length > 0) throw new Error(`the update is not what its preview said:\n${other.join("\n")}\n${told}`);
  }

  /** Prod's way back: what is gone at the flat path is written there again, from any machine. */
  #promised({ command, env, restoreFlat }: Intent, before: Held): void {
    const { watch } = this;
    if (command !== "rollback" || env !== "prod" || !restoreFlat || this.#hindered("prod") || !isOn(before, "prod"))
      return;
    const restorable = namesOf("prod").every((name) => {
      const [own, flat] = [at(before, pathOf(name, "prod"), name), at(before, flatOf(name), name)];
      return own.length === 1 && (flat.length === 0 || (flat.length === 1 && flat[0]!.value === own[0]!.value));
    });
    if (restorable && isOn(watch.last, "prod"))
      throw new Error("did not write the flat copies back and turn the flag off");
  }

  /** `status` says of a stack what its update has just said. */
  async #told({ env }: Intent, done: Answer): Promise<void> {
    const { world } = this;
    if ((done.code !== 0 && !world.runs.updated) || this.#hindered("staging") || this.#hindered("prod")) return;
    const record = world.record(env);
    if (!record) return;
    const { phase, confirmed, blocked } = record;
    // Waiting for an operator is a phase to `status`, and a reason to an update whose flag is wanted.
    const inTheWay = blocked.filter(({ code }) => code !== "not-provisioned");
    const answer = await world.run(["status", "--json"]);
    if (answer.code !== 0) throw new Error(`status ended with ${answer.code}:\n${answer.told}`);
    const report = JSON.parse(answer.told) as StatusReport;
    const own = report.environments.find(({ name }) => name === env)!;
    const cells = report.credentials.filter(({ environments }) =>
      environments.some((cell) => cell.environment === env && cell.state === "confirmed"),
    );
    const bare = (names: readonly string[]) => [...names].sort();
    expect(
      { phase: own.phase, blocked: own.blocked.length > 0, confirmed: bare(cells.map(({ name }) => name)) },
      `status and update do not agree of ${env}:\n${done.told}\n--- status:\n${answer.told}`,
    ).toEqual({ phase, blocked: inTheWay.length > 0, confirmed: bare(confirmed) });
  }

  async #once(intent: Intent, run: () => Promise<Answer>, flip?: Flip): Promise<Answer> {
    const { world, watch } = this;
    const { requests } = world.local.control;
    const [asked, file] = [requests.length, world.fileText(intent.env)];
    let writes = 0;
    const answer = await watch.during(intent, run, () => {
      writes += 1;
      if (flip?.write === writes) watch.others(() => world.setVar(flagAppOf(flip.env), variable, String(flip.on)));
    });
    // What is refused before an update ends says nothing.
    const ended = answer.code === 0 || world.runs.updated;
    if (answer.code === 2 && requests.slice(asked).some(({ write }) => write))
      watch.found.push("wrong use, and something was changed");
    // Once the flag is on, a file that says otherwise would turn it off with the next update.
    const stays = intent.command === "promote" && answer.code !== 0 && !isOn(watch.last, intent.env);
    if (stays && world.fileText(intent.env) !== file) watch.found.push("promote did not put the file back");
    if (answer.code === 0) this.#brought(intent);
    if (ended && updates.includes(intent.command) && !intent.part && world.hasState(intent.env))
      watch.recorded(intent.env);
    if (ended && intent.env === "staging")
      watch.stagingTold(["up", "rollback"].includes(intent.command) && !intent.part);
    await this.#associations(intent.env);
    if (watch.found.length > 0)
      throw new Error(`${watch.found.join("\n")}\n--- it said (${answer.code}):\n${answer.told}`);
    count(`${intent.part ? "part of an update" : intent.command} ended with ${answer.code}`);
    return answer;
  }

  /** A value that a command says is in place is where its readers read it. */
  #brought({ command, env, name, value }: Intent): void {
    if (value === undefined || name === undefined) return;
    const { last } = this.watch;
    const path = command === "rotate" ? readAt(last, name, env) : pathOf(name, env);
    if (!at(last, path, name).some((row) => row.value === value))
      this.watch.found.push(`ended well, and the new value of ${name} is not at ${path}, where ${env} reads it`);
  }

  /** What the stack keeps on its apps is what its `Migration` says, whatever was left out of an update. */
  async #associations(env: Env): Promise<void> {
    const resources = await this.world.resources(env);
    const migration = resources.find(({ type }) => type === resourceTypes.migration);
    const apps = migration?.outputs.apps as Record<string, { credentials: object }> | undefined;
    for (const [app, kept] of await this.world.keptOnApps(env))
      for (const name of kept)
        if (!(name in (apps?.[app]?.credentials ?? {})))
          this.watch.found.push(`keeps ${name} on ${app}, which its Migration does not say`);
  }
}

const flagsOf = ({ command, env, replace }: Intent): string[] => [
  "--env",
  env,
  ...(command === "rotate" ? ["--yes"] : []),
  ...(replace ? ["--replace"] : []),
];
