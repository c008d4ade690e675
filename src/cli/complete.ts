// What a shell offers at the cursor: of the commands themselves, and of the names in the catalog.
import type { Command, Option } from "commander";
import type { Catalog } from "../catalog/index.js";

/** @returns undefined outside a project: then no name of a catalog is offered */
export type CatalogSource = () => Promise<Catalog | undefined>;

export const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** By the name of an argument, or of an option without its dashes. */
const sources: Readonly<Record<string, (catalog: Catalog | undefined) => readonly string[]>> = {
  name: (catalog) => catalog?.credentials.map(({ name }) => name) ?? [],
  environment: (catalog) => catalog?.environments.map(({ name }) => name) ?? [],
  shell: () => shells,
  engine: () => ["auto", "pulumi", "embedded"],
  flag: () => ["on", "off"],
};
/** A command refuses the others: a shared credential has no value per environment. */
const provisionable = (catalog: Catalog | undefined) =>
  catalog?.credentials.filter(({ scope }) => scope === "environment").map(({ name }) => name) ?? [];
const environmentOptions = ["env", "stack", "from", "to"];

/**
 * @param words after `console-vault`; the last one is the one under the cursor, and may be empty
 * @param names of all commands
 * @param program has the command of the first word
 */
export async function complete(
  words: readonly string[],
  names: readonly string[],
  program: Command,
  catalogOf: CatalogSource,
): Promise<string[]> {
  const current = words.at(-1) ?? "";
  const offered = words.length <= 1 ? names : await offers(words, program, catalogOf);
  return offered.filter((one) => one.startsWith(current));
}

async function offers(
  words: readonly string[],
  program: Command,
  catalogOf: CatalogSource,
): Promise<readonly string[]> {
  const [first, ...rest] = words;
  const command = program.commands.find((one) => one.name() === first);
  if (!command) return [];
  const optionOf = (word: string | undefined) =>
    command.options.find(({ long, short }) => word && [long, short].includes(word));
  const before = optionOf(rest.at(-2));
  if (before && takesValue(before)) {
    // What a new project's options take is in no catalog yet.
    if (first === "init") return [];
    const name = before.name();
    const source = sources[environmentOptions.includes(name) ? "environment" : name === "name" ? "" : name];
    return source?.(await catalogOf()) ?? [];
  }
  if (rest.at(-1)?.startsWith("-")) return command.options.flatMap(({ long }) => long ?? []);
  if (command.commands.length > 0 && rest.length === 1) return command.commands.map((one) => one.name());
  const typed = rest.slice(0, -1).filter((word, index, all) => {
    const option = optionOf(all[index - 1]);
    return !word.startsWith("-") && !(option && takesValue(option));
  });
  const argument = command.registeredArguments[typed.length];
  if (argument && first === "provision") return provisionable(await catalogOf());
  return argument ? (sources[argument.name()]?.(await catalogOf()) ?? []) : [];
}

const takesValue = ({ required, optional }: Option) => required || optional;

/** A script for a shell to load. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `_console_vault() {
  local IFS=$'\\n'
  COMPREPLY=($(console-vault __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _console_vault console-vault`,
  zsh: `#compdef console-vault
_console_vault() {
  local -a found
  found=("\${(@f)$(console-vault __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _console_vault console-vault`,
  fish: `complete -c console-vault -f -a '(console-vault __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
};
