import { SecretValue } from "../secret.js";
import { type Early, endsEarly } from "./expiry.js";
import { formats } from "./formats.js";
import { matches } from "./pattern.js";
import type { Format, Rule, RuleName } from "./types.js";

/** Rules on the text of a value by itself, whatever other values there are. */
export const shapeRules: ReadonlySet<string> = new Set<RuleName>(["prefix", "format", "pattern", "length"]);

/** A value that exists somewhere in the vault. `environment` undefined: at the flat path. */
export interface Held {
  readonly name: string;
  readonly path: string;
  readonly environment: string | undefined;
  readonly value: SecretValue;
}

/**
 * What is wrong with a value, by the rule that it breaks: one of the catalog's, or one that holds for every value. Names, paths and
 * the rule's own settings, nothing of the value itself. `ruleWords.ts` says it to a person.
 */
export interface RuleDetails {
  readonly empty: Record<never, never>;
  readonly reference: Record<never, never>;
  readonly blanks: Record<never, never>;
  readonly prefix: { readonly environment: string; readonly prefixes: readonly string[] };
  readonly format: { readonly environment: string; readonly format: Format };
  readonly pattern: { readonly environment: string; readonly description: string };
  readonly length: { readonly environment: string } & Bounds;
  readonly expiry: { readonly environment: string; readonly of: "jwt" | "certificate"; readonly days: number } & Early;
  /** Where the other environment's equal value is. */
  readonly distinct: { readonly environment: string; readonly path: string };
  /** Whose value it is. */
  readonly "not-value-of": { readonly credential: string; readonly path: string };
  /** `credential`: whose value it is, where it is under another name. */
  readonly "never-in": { readonly environment: string; readonly credential?: string };
}

/** In characters. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A rule that the value of a credential breaks. */
export type RuleFinding = {
  readonly [Name in keyof RuleDetails]: {
    readonly name: string;
    readonly rule: Name;
    readonly detail: RuleDetails[Name];
  };
}[keyof RuleDetails];

export interface Subject {
  readonly name: string;
  readonly environment: string;
  readonly value: SecretValue;
  readonly rules: readonly Rule[];
}

export interface Surroundings {
  /** All values that may be seen of the same vendor, the subject's own place included or not. */
  readonly held: readonly Held[];
  /** Names that the subject's environment may not hold: their values may not appear there under another name either. */
  readonly forbidden: readonly string[];
  /** The environment whose values the flat path holds. */
  readonly fallback: string;
  /** Left out: what ends at some time is not judged. */
  readonly now?: Date;
}

export interface Judgement {
  readonly findings: readonly RuleFinding[];
  /** `unchecked`: the rule `distinct` holds for it and no other environment's value could be seen. */
  readonly distinct: "checked" | "unchecked" | "not-asked";
}

/**
 * Judges a value by its rules. Pure; only whether it passes leaves this function.
 * Unknown shapes fail: a `prefix` rule without prefixes for the environment accepts nothing.
 */
export function judge(subject: Subject, surroundings: Surroundings): Judgement {
  const { name, environment, value, rules } = subject;
  const { fallback } = surroundings;
  const { named, forbiddenHolder } = indexOf(surroundings);
  const findings: RuleFinding[] = [];
  const add = <Name extends keyof RuleDetails>(rule: Name, detail: RuleDetails[Name]) =>
    findings.push({ name, rule, detail } as RuleFinding);
  const text = value.reveal();

  if (text.trim() === "") add("empty", {});
  // Clients that expand references (Infisical's SDK does by default) would read another value than the one stored.
  if (text.includes("${")) add("reference", {});
  // A vault may hold one since before its server dropped them; every write from now on would make it another value.
  if (!isKept(text)) add("blanks", {});

  const elsewhere = named(name).filter((other) => (other.environment ?? fallback) !== environment);
  let distinct: Judgement["distinct"] = "not-asked";
  for (const rule of rules) {
    if ("environments" in rule && !rule.environments.includes(environment)) continue;
    if (rule.rule === "never-in") add("never-in", { environment });
    else if (rule.rule === "prefix") {
      const prefixes = rule.prefixes[environment] ?? [];
      if (!prefixes.some((prefix) => text.startsWith(prefix))) add("prefix", { environment, prefixes });
    } else if (rule.rule === "format") {
      if (!formats[rule.format](text)) add("format", { environment, format: rule.format });
    } else if (rule.rule === "pattern") {
      if (!matches(rule.pattern, text)) add("pattern", { environment, description: rule.description });
    } else if (rule.rule === "length") {
      const { min, max } = rule;
      if (text.length < (min ?? 0) || text.length > (max ?? Number.POSITIVE_INFINITY))
        add("length", { environment, min, max });
    } else if (rule.rule === "expiry") {
      const early = surroundings.now && endsEarly(rule, text, surroundings.now);
      if (early) add("expiry", { environment, of: rule.of, days: rule.days, ...early });
    } else if (rule.rule === "distinct") {
      distinct = elsewhere.length > 0 ? "checked" : "unchecked";
      const same = elsewhere.find((other) => other.value.equals(value));
      if (same) add("distinct", { environment: same.environment ?? fallback, path: same.path });
    } else if (rule.rule === "not-value-of") {
      const same = rule.names.flatMap(named).find((other) => other.value.equals(value));
      if (same) add("not-value-of", { credential: same.name, path: same.path });
    } else throw new TypeError(`no such rule: ${(rule satisfies never as Rule).rule}`);
  }
  const forbiddenValue = forbiddenHolder(name, value);
  if (forbiddenValue) add("never-in", { environment, credential: forbiddenValue.name });
  return { findings, distinct };
}

/** The values around a subject as `judge` asks for them, made once for all that are judged among the same. */
interface HeldIndex {
  readonly named: (name: string) => readonly Held[];
  /** Who holds a value that the environment must never hold, other than the name itself. */
  readonly forbiddenHolder: (name: string, value: SecretValue) => Held | undefined;
}

const indexes = new WeakMap<Surroundings, HeldIndex>();

function indexOf(surroundings: Surroundings): HeldIndex {
  const known = indexes.get(surroundings);
  if (known) return known;
  const byName = new Map<string, Held[]>();
  for (const one of surroundings.held) {
    const group = byName.get(one.name);
    if (group) group.push(one);
    else byName.set(one.name, [one]);
  }
  const forbidden = surroundings.forbidden.flatMap((name) => byName.get(name) ?? []);
  const first = SecretValue.firstBy(forbidden, ({ value }) => value);
  const index: HeldIndex = {
    named: (name) => byName.get(name) ?? [],
    forbiddenHolder: (name, value) => {
      const holder = first(value);
      if (holder?.name !== name) return holder;
      return forbidden.find((other) => other.name !== name && other.value.equals(value));
    },
  };
  indexes.set(surroundings, index);
  return index;
}

/** Whether Infisical stores a value as it is. It drops white space around one, but for a single line feed at the end. */
const isKept = (text: string) => text === text.trim() || text === `${text.trim()}\n`;

/**
 * Rules that one value may be let pass. The others hold for every value. `older-than-flat` compares two rows of one name, and
 * its override is tied to the flat one, which the flag would leave behind.
 */
export const overridableRules = [
  "prefix",
  "format",
  "pattern",
  "length",
  "expiry",
  "distinct",
  "not-value-of",
  "older-than-flat",
] as const satisfies readonly (RuleName | "older-than-flat")[];

/** A finding that a person lets pass for one value: it names the rule, the value's revision (`id@version`) and a reason. */
export interface Override {
  readonly name: string;
  readonly rule: (typeof overridableRules)[number];
  /** A revision. The key is called `token` in config and state. */
  readonly token: string;
  readonly reason: string;
}

/**
 * Splits findings into those that stand and those that an override lets pass. An override holds for one value: when the
 * secret is written again its revision changes and the finding stands again.
 *
 * @param revisions the value's own revision, and the one it was copied from
 */
export function withOverrides<One extends Pick<RuleFinding, "name" | "rule">>(
  findings: readonly One[],
  overrides: readonly Override[],
  revisions: readonly (string | undefined)[],
): { standing: One[]; overridden: Override[] } {
  const standing: One[] = [];
  const overridden: Override[] = [];
  for (const finding of findings) {
    const override = overrides.find(
      ({ name, rule, token }) => name === finding.name && rule === finding.rule && revisions.includes(token),
    );
    if (override) overridden.push(override);
    else standing.push(finding);
  }
  return { standing, overridden };
}

/** Words as keys are made of; a link's are the parts of its path. */
const wordsOf = (text: string): string[] =>
  text.split(/\s+/).flatMap((word) => word.split(word.includes("://") ? /[^A-Za-z0-9_+=-]+/ : /[^A-Za-z0-9_+/=.-]+/));

/**
 * Whether a text written by a person (a reason, a comment) looks like it has a secret in it: a word of 16 characters or more
 * that mixes letters and digits, or one with a prefix that vendors give to keys.
 */
export function looksLikeSecret(text: string): boolean {
  return wordsOf(text).some((word) => {
    if (/(^|[=/+.])(rk_|sk_|pk_|HRKU-|xox[a-z]-|gh[a-z]_|github_pat_|sk-|eyJ|st\.|AKIA|-----BEGIN)/.test(word))
      return true;
    return word.length >= 16 && /[A-Za-z]/.test(word) && /\d/.test(word);
  });
}
