// What stands against turning a flag off, and what the operator can do about it.
import { flagApps, flagVariable } from "../catalog/index.js";
import { Refusal } from "../errors.js";
import {
  appsInWords,
  type DifferentName,
  findingJson,
  type GoneName,
  refusalOf,
  type WayBack,
  type WayBackObstacle,
} from "../migration/index.js";
import type { OpenStack } from "./stack.js";

/** What a sentence is about. */
type Stack = Pick<OpenStack, "catalog" | "config">;

const namesOf = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(", ");
const lines = (...all: readonly string[]) => all.map((line) => `  ${line}`).join("\n");
const back = (environment: string, ...options: string[]) =>
  ["console-vault rollback --stack", environment, ...options].join(" ");

/** What is known of a flat value that is not the environment's. Times are Infisical's. */
export function difference({ name, flat, current, copied }: DifferentName, environment: string): string {
  const [then, now] = [flat.updatedAt.toISOString(), current.updatedAt.toISOString()];
  return copied
    ? `${name}: ${flat.path} has the value that ${environment}'s was copied from; ${environment}'s, at ${current.path}, was rotated since, on ${now}`
    : `${name}: ${flat.path} has another value, written ${then}; ${environment}'s, at ${current.path}, was written ${now}`;
}

function unreadableText({ catalog, config: { environment } }: Stack, paths: WayBack["unreadable"]): string {
  return [
    `${flagVariable(catalog)} stays as it is (${appsInWords(flagApps(catalog, environment))}). What is at these paths is not known:`,
    lines(...paths.map(({ why }) => why)),
    "Nothing was changed. Run the command again with a token that may read secrets there.",
  ].join("\n");
}

const wouldBeGone = (names: readonly GoneName[]) =>
  `With the flag off ${namesOf(names)} would be read at the flat path, where it is not any more.`;

function bringBackText({ catalog, config: { environment } }: Stack, names: readonly GoneName[]): string {
  const owner = catalog.fallback;
  if (environment === owner)
    return [`${wouldBeGone(names)} To write ${owner}'s values there again:`, lines(back(owner, "--restore-flat"))].join(
      "\n",
    );
  return [
    `${wouldBeGone(names)} To write it there again, set console-vault:retireFlat: false in Pulumi.${owner}.yaml, then`,
    lines(`console-vault up --stack ${owner}`),
    `Or, where ${owner}'s state is lost, turn ${owner}'s flag off as well:`,
    lines(back(owner, "--restore-flat")),
  ].join("\n");
}

function goneText(stack: Stack, names: readonly GoneName[]): string {
  const lost = names.filter(({ from }) => !from);
  if (stack.config.environment !== stack.catalog.fallback || lost.length === 0) return bringBackText(stack, names);
  return [wouldBeGone(names), ...rotateFirst(stack, lost)].join("\n");
}

function rotateFirst(stack: Stack, lost: readonly GoneName[]): string[] {
  const { environment } = stack.config;
  return [
    lines(...lost.map(({ name, path, own }) => `${name} is neither at ${path} nor at ${own}`)),
    "First give it a value again:",
    lines(...lost.map(({ name }) => `console-vault rotate ${name} --env ${environment}`)),
  ];
}

/** @param lost names that `--restore-flat` had nothing to restore from */
export const notRestored = (stack: Stack, lost: readonly GoneName[]): Refusal =>
  new Refusal(
    [`${namesOf(lost)} could not be written to the flat path again:`, ...rotateFirst(stack, lost)].join("\n"),
    {
      code: "not-restored",
      names: lost.map(({ name }) => name),
    },
  );

/** For when the vault cannot be asked. @throws Refusal where the flat path is recorded as retired */
export function refuseKnownGone(stack: Stack, names: readonly GoneName[]): void {
  if (names.length > 0) throw goneRefusal(stack, bringBackText(stack, names), names);
}

function differentText(environment: string, refused: readonly DifferentName[]): string {
  const unknown = refused.filter(({ copied }) => !copied);
  const overwrite = unknown.flatMap(({ name }) => ["--overwrite", name]);
  return [
    `With the flag off ${namesOf(refused)} would be read at the flat path, which has another value:`,
    lines(...refused.map((one) => difference(one, environment))),
    `To write ${environment}'s values to the flat path first${unknown.length > 0 ? ", over what is there" : ""}:`,
    lines(back(environment, "--restore-flat", ...overwrite)),
    "To go back to the values that the flat path has:",
    lines(back(environment, "--accept-stale")),
  ].join("\n");
}

/** @throws Refusal where something stands against turning the flag off */
export function refuseWayBack(stack: Stack, obstacle: WayBackObstacle | undefined): void {
  switch (obstacle?.is) {
    case "unreadable":
      throw new Refusal(unreadableText(stack, obstacle.paths), [
        findingJson({ code: "paths-hidden", paths: obstacle.paths.map(({ path }) => path) }),
      ]);
    case "ambiguous":
      throw refusalOf(
        obstacle.names.map((one) => ({ code: "flat-ambiguous", ...one })),
        "Delete all but one in Infisical first.",
      );
    case "gone":
      throw goneRefusal(stack, goneText(stack, obstacle.names), obstacle.names);
    case "different":
      throw new Refusal(
        differentText(stack.config.environment, obstacle.names),
        obstacle.names.map(({ name, flat }) =>
          findingJson({ code: "flat-other-value", name, path: flat.path, environment: stack.config.environment }),
        ),
      );
  }
}

const goneRefusal = ({ catalog }: Stack, text: string, names: readonly GoneName[]) =>
  new Refusal(
    text,
    names.map(({ name, path }) => findingJson({ code: "flat-gone", name, path, environment: catalog.fallback })),
  );
