// Every reason, warning and refusal that a plan, an update or a status can give, as data: names, paths, rules and times, never a
// value. `wording.ts` says each of them to a person; nothing else reads or writes those sentences. Plain JSON, since state keeps them.
import { isDeepStrictEqual } from "node:util";
import type { RuleDetails } from "../catalog/index.js";
import type { VarProblem } from "../heroku/index.js";
import type { Phase } from "./phases.js";

/** Of the rules on values, and of those that an app or the vault has for a credential: what of the world breaks them. */
interface BrokenDetails extends Omit<RuleDetails, "never-in"> {
  readonly "never-in": RuleDetails["never-in"] | ForbiddenDetail;
  /** Times are ISO. */
  readonly "older-than-flat": {
    readonly path: string;
    readonly written: string;
    readonly flatPath: string;
    readonly flatWritten: string;
  };
  readonly duplicate: { readonly path: string; readonly rows: number };
  readonly approval: { readonly path: string };
  readonly "read-back": { readonly path: string; readonly is: "absent" | "other" };
  readonly "config-var": VarProblem;
}

/** Where a credential is that the environment must never hold. */
export interface ForbiddenDetail {
  readonly environment: string;
  /** An environment path, or an app. */
  readonly at: string;
  readonly kind: "secret" | "var";
  /** The secret or var that holds it; null for one outside the catalog, whose name is its owner's business. */
  readonly under: string | null;
}

/** A rule that a value breaks, or that an app or the vault has for it: the rule is its code. */
export type Broken = {
  readonly [Name in keyof BrokenDetails]: {
    readonly name: string;
    readonly rule: Name;
    readonly detail: BrokenDetails[Name];
    /** Of the value, where an override for it would let it pass. */
    readonly token?: string | undefined;
  };
}[keyof BrokenDetails];

/** About one credential. `environment` is there where it is another one than the stack's own. */
type NameFinding =
  | { readonly code: "not-provisioned"; readonly name: string }
  /** @param path where its copy would come from, where that is known */
  | { readonly code: "missing"; readonly name: string; readonly path?: string }
  | ({ readonly code: "rule-broken"; readonly environment?: string } & Broken)
  /** Somebody wrote another value at its environment path than the flat one. States of the third version do not say where. */
  | { readonly code: "conflict"; readonly name: string; readonly path?: string | undefined }
  | { readonly code: "not-confirmed"; readonly name: string }
  | { readonly code: "unreadable"; readonly name: string; readonly path: string; readonly environment?: string }
  | { readonly code: "absent"; readonly name: string; readonly path: string; readonly environment?: string }
  | {
      readonly code: "duplicate";
      readonly name: string;
      readonly path: string;
      readonly rows: number;
      readonly environment?: string;
    }
  /** The value at the flat path changed after it was copied. */
  | { readonly code: "copy-stale"; readonly name: string }
  | { readonly code: "written-since"; readonly name: string; readonly path: string }
  | { readonly code: "flat-differs"; readonly name: string; readonly path: string; readonly flatPath: string };

/** What the gate has against an environment that follows `environment`. */
type GateFinding =
  | { readonly code: "gate-no-output"; readonly environment: string }
  | { readonly code: "gate-odd-output"; readonly environment: string; readonly keys: readonly string[] }
  | {
      readonly code: "gate-other-place";
      readonly environment: string;
      readonly key: string;
      readonly theirs: string;
      readonly ours: string;
    }
  | { readonly code: "gate-not-wanted"; readonly environment: string }
  | { readonly code: "gate-not-confirmed"; readonly environment: string; readonly name?: string }
  | { readonly code: "gate-flag-off"; readonly environment: string; readonly app: string }
  | { readonly code: "gate-no-release"; readonly app: string }
  | { readonly code: "gate-unchecked"; readonly names: readonly string[] }
  | { readonly code: "gate-no-rotation"; readonly environment: string }
  | { readonly code: "gate-future"; readonly environment: string; readonly since: string; readonly now: string }
  | {
      readonly code: "gate-soaking";
      readonly environment: string;
      /** The environment that may follow. */
      readonly to: string;
      readonly hours: number;
      /** ISO times; `now` is Heroku's clock. */
      readonly since: string;
      readonly now: string;
    };

/** The same as it is told at another time. @param now Heroku's clock */
export const asOf = <One extends Reason>(one: One, now: Date): One =>
  "now" in one ? { ...one, now: now.toISOString() } : one;

/** Findings without the time at which they were made, which is no difference between two of them. */
export const timeless = (list: readonly Reason[]): readonly Reason[] => list.map((one) => asOf(one, new Date(0)));

/** What its readers would find at the flat path, once the flag is off. */
type WayBackFinding =
  | { readonly code: "flat-ambiguous"; readonly name: string; readonly path: string; readonly rows: number }
  /** @param environment that owns the flat path and can bring it back */
  | { readonly code: "flat-gone"; readonly name: string; readonly path: string; readonly environment: string }
  /** @param environment whose flag is to turn off */
  | { readonly code: "flat-other-value"; readonly name: string; readonly path: string; readonly environment: string };

/** About the running flag. */
type FlagFinding =
  /** Somebody turned it while an update ran. */
  | { readonly code: "flag-turned-meanwhile" }
  /** Its config var is neither on nor off. */
  | { readonly code: "flag-unclear"; readonly variable: string; readonly app: string };

/** What keeps the flat copies where they are. */
export type FlatFinding =
  | { readonly code: "flat-read"; readonly app: string }
  | { readonly code: "not-soaked"; readonly phase: Phase }
  | { readonly code: "flat-duplicate"; readonly path: string; readonly rows: number }
  | { readonly code: "flat-only" }
  | { readonly code: "flat-not-copied"; readonly path: string }
  | { readonly code: "flat-changed-meanwhile" }
  | { readonly code: "only-records" }
  | { readonly code: "flag-off-meanwhile"; readonly variable: string; readonly apps: readonly string[] }
  /** Infisical keeps a change at the flat path for an approval. */
  | { readonly code: "flat-approval"; readonly name: string; readonly path: string };

/** About what an app has, or is to get. */
export type AppFinding =
  /** An own var of an app, under a credential's name, breaks the environment's rules and no update manages it. */
  | {
      readonly code: "own-var-broken";
      readonly app: string;
      readonly environment: string;
      readonly broken: readonly Broken[];
    }
  | { readonly code: "app-keeps"; readonly app: string; readonly name: string; readonly because: readonly Reason[] }
  | { readonly code: "app-lacks"; readonly app: string; readonly name: string; readonly because: readonly Reason[] }
  | { readonly code: "app-nearly-full"; readonly app: string; readonly bytes: number; readonly limit: number }
  /** Settings under which the plan is impossible. */
  | { readonly code: "manage-broken"; readonly app: string; readonly name: string; readonly because: readonly Reason[] }
  | { readonly code: "manage-absent"; readonly app: string; readonly name: string; readonly path: string }
  /** Refused. */
  | { readonly code: "takeover-unsaid"; readonly app: string; readonly name: string }
  | { readonly code: "leaves-manage"; readonly app: string; readonly name: string }
  | { readonly code: "leaves-flag"; readonly app: string; readonly variable: string; readonly environment: string }
  /** @param fallback the catalog's now */
  | { readonly code: "leaves-fallback"; readonly environment: string; readonly fallback: string }
  /** @param to the flat path at which the catalog has it read now, `is`: what is there */
  | {
      readonly code: "leaves-path";
      readonly name: string;
      readonly path: string;
      readonly to: string;
      readonly environment: string;
      readonly is: "absent" | "other";
    };

/** About where stacks work. */
export type PlaceFinding =
  | { readonly code: "new-vault"; readonly root: string }
  /** Files of two stacks differ in a key of the config. */
  | {
      readonly code: "stacks-differ";
      readonly key: string;
      readonly environment: string;
      readonly ours: string;
      readonly other: string;
      readonly theirs: string;
    }
  /**
   * Nothing may be made below it. `folders`: how many there are in it, or where there is no such root, in its parent; none of them
   * is the catalog's.
   */
  | {
      readonly code: "wrong-root";
      readonly root: string;
      readonly exists: boolean;
      readonly folders: number;
      readonly vendors: readonly string[];
      /** Where the catalog's folders seem to be, and how many of them. */
      readonly likely: { readonly root: string; readonly holds: number } | null;
    }
  /** @param answer Infisical's */
  | { readonly code: "root-unknown"; readonly root: string; readonly answer: string }
  /** @param answer the engine's, of a stack whose flag goes first */
  | { readonly code: "stack-unread"; readonly environment: string; readonly answer: string }
  | { readonly code: "paths-hidden"; readonly paths: readonly string[] }
  | { readonly code: "app-hidden"; readonly app: string; readonly account: string }
  /** Refused without --rebind. */
  | { readonly code: "moved"; readonly key: string; readonly before: string; readonly now: string };

/** A part of an update was left out (--target, --exclude), and so the flag does not turn. */
export type LeftOutFinding = {
  readonly code: "left-out";
  readonly variable: string;
  readonly app: string;
  readonly on: boolean;
  readonly what: "migration" | "config vars";
};

/** A sentence in a state that an earlier version left, when findings were text. */
type RecordedFinding = { readonly code: "recorded"; readonly text: string };

/** What is known of another environment's stack where nothing may be asked (`preview --offline`). */
type OfflineFinding =
  | { readonly code: "gate-not-asked"; readonly environment: string }
  | { readonly code: "last-recorded"; readonly environment: string; readonly phase: Phase; readonly on: boolean }
  | { readonly code: "never-updated"; readonly environment: string }
  | { readonly code: "state-unread"; readonly environment: string; readonly why: string };

/** What the engine, or a library in it, warns of in its own words. */
type EngineFinding = { readonly code: "engine"; readonly text: string };

/** A reason: why something is not as it is wanted. */
export type Reason = NameFinding | GateFinding | WayBackFinding | FlagFinding | FlatFinding | RecordedFinding;

/** What is refused as a whole, with its reasons. */
export type Verdict =
  | {
      readonly code: "flag-stays";
      readonly variable: string;
      readonly app: string;
      readonly on: boolean;
      /** Where it stands on several apps. */
      readonly apps?: readonly { readonly app: string; readonly running: boolean }[];
      readonly because: readonly Reason[];
    }
  | {
      readonly code: "flag-unconfirmed";
      readonly variable: string;
      readonly app: string;
      readonly because: readonly Reason[];
    }
  | { readonly code: "flat-stays"; readonly because: readonly Reason[] };

export type Finding = Reason | AppFinding | PlaceFinding | LeftOutFinding | OfflineFinding | EngineFinding | Verdict;
export type FindingCode = Finding["code"];

/** Each once. */
export const distinct = <One extends Finding | Broken>(findings: readonly One[]): One[] =>
  findings.filter((one, index) => findings.findIndex((other) => isDeepStrictEqual(one, other)) === index);
