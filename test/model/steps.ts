// What may happen, as data (so that fast-check can shrink it) and as words.
import type { FaultName } from "../../src/local/index.js";
import { type Env, flagAppOf, type Place, pathAt, variable } from "./values.js";
import type { Elsewhere } from "./world.js";

/** Those that take no time; `test/reliability` has every one at every request. */
export const faults = [
  "drop",
  "drop-after",
  "500",
  "429-retry-after",
  "502-html",
  "truncate",
  "wrong-content-type",
  "html-page",
  "tokens-expire",
] as const satisfies readonly FaultName[];

export interface Trouble {
  readonly service?: "infisical" | "heroku" | undefined;
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE" | undefined;
  readonly after: number;
  readonly times: number;
  readonly what: (typeof faults)[number];
  /** Whether the step is run again right away, or life goes on with a half-done one. */
  readonly again: boolean;
}

export type Kind = "good" | "the other's" | "shapeless" | "reference" | "live";
export const ways = ["", "--accept-stale", "--restore-flat", "--restore-flat --overwrite", "--force"] as const;
export const halves = ["--target", "--target --target-dependents", "--exclude", "--replace"] as const;
/** A resource of a stack, as a person picks one for a part of an update. */
export const parts = ["flag's app", "other app", "migration", "secrets", "folder"] as const;

/** What others do, or an operator outside of the tool. */
export type Deed =
  | { readonly do: "flag by hand"; readonly env: Env; readonly text: string | null }
  | { readonly do: "write" | "duplicate"; readonly place: Place; readonly name: string; readonly kind: Kind }
  | { readonly do: "erase"; readonly place: Place; readonly name: string }
  | { readonly do: "var"; readonly app: string; readonly name: string; readonly kind: Kind | "gone" };

/** A flag that somebody sets by hand right after one of a command's writes. */
export interface Flip {
  readonly env: Env;
  readonly on: boolean;
  /** 1 for the first one. */
  readonly write: number;
}

interface Command {
  readonly env: Env;
  readonly trouble?: Trouble | undefined;
  /** What somebody else does once the command has looked, before its update takes the stack's lock. */
  readonly meanwhile?: Deed | OtherOperator | undefined;
  readonly flip?: Flip | undefined;
}

/** A second operator, whose command begins and ends within another one's. */
export interface OtherOperator {
  readonly do: "another operator";
  readonly command: "rotate" | "up";
  readonly env: Env;
  readonly name: string;
}

export type Step =
  | Deed
  | (Command & { readonly do: "up" })
  | (Command & { readonly do: "want" | "retire"; readonly on: boolean })
  | (Command & { readonly do: "promote" })
  | (Command & { readonly do: "rollback"; readonly how: (typeof ways)[number]; readonly name: string })
  | (Command & { readonly do: "rotate"; readonly name: string; readonly kind: Kind })
  | (Command & { readonly do: "provision"; readonly name: string; readonly kind: Kind; readonly replace: boolean })
  | {
      readonly do: "part";
      readonly env: Env;
      readonly half: (typeof halves)[number];
      readonly of: (typeof parts)[number];
      readonly name: string;
    }
  | { readonly do: "provision all" }
  | { readonly do: "wish"; readonly env: Env; readonly on: boolean }
  | { readonly do: "manage"; readonly env: Env; readonly name: string; readonly takeover: boolean }
  | { readonly do: "unmanage"; readonly env: Env; readonly name: string }
  | { readonly do: "source"; readonly env: Env; readonly name: string; readonly source: "copy" | "provision" }
  | { readonly do: "rights"; readonly places: readonly Place[] | undefined }
  | { readonly do: "another laptop"; readonly env: Env }
  | { readonly do: "elsewhere"; readonly env: Env; readonly where: Elsewhere | undefined }
  | { readonly do: "wait"; readonly hours: number };

export function words(one: Step | OtherOperator): string {
  const troubled = "trouble" in one && one.trouble ? `, while ${troubleWords(one.trouble)}` : "";
  const between =
    "meanwhile" in one && one.meanwhile ? `; between its look and its update: ${words(one.meanwhile)}` : "";
  const flipped =
    "flip" in one && one.flip
      ? `; after its write ${one.flip.write} somebody turns ${one.flip.env}'s flag ${one.flip.on ? "on" : "off"}`
      : "";
  return stepWords(one) + troubled + between + flipped;
}

function stepWords(one: Step | OtherOperator): string {
  switch (one.do) {
    case "up":
      return `up --stack ${one.env}`;
    case "want":
      return `set vaultEnvAware: ${one.on} in Pulumi.${one.env}.yaml, and up --stack ${one.env}`;
    case "wish":
      return `set vaultEnvAware: ${one.on} in Pulumi.${one.env}.yaml`;
    case "retire":
      return `set retireFlat: ${one.on} in Pulumi.prod.yaml, and up --stack prod`;
    case "promote":
      return "promote";
    case "rollback":
      return `rollback --stack ${one.env} ${one.how}${one.how.endsWith("--overwrite") ? ` ${one.name}` : ""}`.trimEnd();
    case "rotate":
      return `rotate ${one.name} --env ${one.env} to a value that is ${one.kind}`;
    case "provision":
      return `provision ${one.name} --env ${one.env}${one.replace ? " --replace" : ""} with a value that is ${one.kind}`;
    case "part":
      return `up --stack ${one.env} ${one.half} ${one.of}${one.of === "secrets" || one.of === "folder" ? ` of ${one.name}` : ""}`;
    case "another operator":
      return `another operator runs ${one.command} ${one.command === "up" ? `--stack ${one.env}` : `${one.name} --env ${one.env}`}`;
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
    case "unmanage":
      return `manage ${one.name} on ${one.env}'s apps no longer`;
    case "source":
      return `set sources.${one.name}: ${one.source} in Pulumi.${one.env}.yaml`;
    case "rights":
      return one.places
        ? `the token may use the ${one.places.join(" and ")} paths only`
        : "the token may do everything";
    case "another laptop":
      return `go on from a machine without the state of ${one.env}`;
    case "elsewhere":
      return one.where ? `the ${one.where} of ${one.env} is changed` : `${one.env} names the right place again`;
    case "wait":
      return `${one.hours} h pass`;
  }
}

function troubleWords({ service, method, after, times, what, again }: Trouble): string {
  const which = `${times === 1 ? "one request" : `${times} requests`} (${[service, method].filter(Boolean).join(" ") || "any"}, after ${after})`;
  return `${which} meet the fault ${what}; ${again ? "then again" : "and left so"}`;
}
