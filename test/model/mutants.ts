// The tool with one of its safeguards taken out, each by a small edit of the source: what the model must find.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Mutant {
  /** Letter of the audit's finding whose mend is taken out. */
  readonly finding: string;
  readonly title: string;
  /** Below the checkout. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly text: string;
  readonly instead: string;
  /** The half of the model's sequences that meets it; `catalogs`: a drawn company, where those two have nothing to meet it with. */
  readonly half: "staging" | "prod" | "catalogs";
}

export const mutants: readonly Mutant[] = [
  {
    finding: "a",
    title: "a rollback takes a path that it may not read for an empty one",
    file: "src/migration/wayBack.ts",
    text: "if (found.unreadable.length > 0) return",
    instead: "if (false) return",
    half: "prod",
  },
  {
    finding: "b",
    title: "`--restore-flat` takes every flat value for an old copy",
    file: "src/migration/wayBack.ts",
    text: "copied: records[name]?.from === flat.revision",
    instead: "copied: true",
    half: "prod",
  },
  {
    finding: "c",
    title: "a rotation gives every app that has the var the new value",
    file: "src/rotation/reach.ts",
    text: 'return { is: "keeps", why: previous.is === "left" ? "unknown" : "another value" };',
    instead: 'return { is: "set" };',
    half: "staging",
  },
  {
    finding: "d",
    title: "a copy is forgotten while its flat value is bad",
    file: "src/migration/set.ts",
    text: "if (!record) return undefined;\n  return",
    instead: "if (record !== null) return undefined;\n  return",
    half: "prod",
  },
  {
    finding: "d",
    title: "a flag turns on over a value that is older than the flat one",
    file: "src/migration/set.ts",
    text: "if (!newer) return undefined;",
    instead: "if (newer !== null) return undefined;",
    half: "prod",
  },
  {
    finding: "e",
    title: "the flag's config var follows the plan, not `Migration`",
    file: "src/program/declare.ts",
    text: "real && may && turn !== null && turned === turn ? text.turned",
    instead: "turn !== undefined || real || may || turned ? text.turned",
    half: "prod",
  },
  {
    finding: "e",
    title: "the names of managed vars follow the plan, not `Migration`",
    file: "src/program/declare.ts",
    text: "const held = real && may && apps ? apps[app.app] : app.before;",
    instead: "const held = real || may || apps ? app : app;",
    half: "staging",
  },
  {
    finding: "g",
    title: "a rotation does not read the flags again",
    file: "src/rotation/rotate.ts",
    text: "if (catalog.environments.some((one) => flags[one.name] !== now[one.name]))",
    instead: "if (catalog.environments.some((one) => flags[one.name] !== now[one.name]) && false)",
    half: "staging",
  },
  {
    finding: "g",
    title: "a retirement does not read the flags again",
    file: "src/provider/retirement.ts",
    text: "if (off.length > 0)",
    instead: "if (off.length < 0)",
    half: "prod",
  },
  {
    finding: "h",
    title: "a command logs in before it compares the place",
    file: "src/cli/target.ts",
    text: "if (!record?.target) return;",
    instead: "if (!record?.target || account === undefined) return;",
    half: "staging",
  },
  {
    finding: "i",
    title: "only what the state knows as a copy is written back to the flat path",
    file: "src/migration/wayBack.ts",
    text: ".map(({ name, path, own, current }) => ({ name, path, own, from: current[0] }))",
    instead: ".map(({ name, path, own, current }) => ({ name, path, own, from: records[name] && current[0] }))",
    half: "prod",
  },
  {
    finding: "m",
    title: "the plan does not know which copies are ours",
    file: "src/migration/plan.ts",
    text: "const records = before?.memory.records ?? {};",
    instead: "const records = {};",
    half: "prod",
  },
  {
    finding: "m",
    title: "the plan expects a value that breaks a rule to be copied",
    file: "src/migration/set.ts",
    text: "return summarise(spec, decisions, new Set(), view.after(decisions), records).summary;",
    instead: "return { ...summarise(spec, decisions, new Set(), view.after(decisions), records).summary, broken: [] };",
    half: "staging",
  },
  {
    finding: "n",
    title: "`status` calls a value fine that an update does not copy",
    file: "src/report/build.ts",
    text: 'case "refused":\n      return cell("broken", decision.broken.map(ruleBroken));',
    instead: 'case "refused":\n      return cell("placed", decision.broken.map(ruleBroken));',
    half: "staging",
  },
  {
    finding: "o",
    title: "a root that holds none of the catalog's folders is good enough",
    file: "src/migration/look.ts",
    text: 'if (world.root.is === "wrong") throw',
    instead: 'if (world.root.is === "wrong" && false) throw',
    half: "staging",
  },
  {
    finding: "p",
    title: "a flag turns on on the first of its apps only",
    file: "src/migration/plan.ts",
    text: 'turned: flagText(one, happens === "none" ? one.on : happens === "on"),',
    instead: 'turned: flagText(one, happens === "none" || one !== world.flag.apps[0] ? one.on : happens === "on"),',
    half: "catalogs",
  },
  {
    finding: "p",
    title: "a flag follows the first environment's, not the one before",
    file: "src/migration/order.ts",
    text: "return names[names.indexOf(environment) - 1];",
    instead: "return names.indexOf(environment) > 0 ? names[0] : undefined;",
    half: "catalogs",
  },
];

/** @throws Error where the text is not there exactly once: the source has moved on, and the mutant has to follow */
export function mutate({ title, file, text, instead }: Mutant, source: string): string {
  const count = source.split(text).length - 1;
  if (count !== 1) throw new Error(`mutant "${title}": its text is ${count} times in ${file}, not once`);
  return source.replace(text, () => instead);
}

export const sourceOf = ({ file }: Mutant): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
