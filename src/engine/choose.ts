import { StackFiles } from "./embedded/index.js";
import { EngineError, type EngineName, type StackLocation } from "./port.js";
import { chosenBackend, goesByLogin, stateDirectory } from "./project/backend.js";
import { readProject } from "./project/project.js";
import { findCli, howToInstall } from "./pulumi/index.js";

/**
 * The engine that a stack is run with.
 *
 * @example
 * ```ts
 * import type { Choice } from "console-vault/engine";
 * export const inWords = ({ name, reason }: Choice) => `engine ${name}: ${reason}`;
 * ```
 */
export interface Choice {
  name: EngineName;
  /** Why this one, as a sentence without its end: "the stack's state was last written by it". */
  reason: string;
}

/**
 * What {@link chooseEngine} may choose.
 *
 * @example
 * ```ts
 * import type { ChoiceOptions } from "console-vault/engine";
 * export const options: ChoiceOptions = { embeddedUnasked: true };
 * ```
 */
export interface ChoiceOptions {
  /** `false`: the embedded engine is used only with `--engine embedded`. */
  embeddedUnasked: boolean;
}

/**
 * Which engine a stack is run with. `auto`: the one that wrote the stack's state last; for a new stack, the CLI when there is one.
 * @throws EngineError when the choice falls on a CLI that is not there, or on the embedded engine where the option has to name it.
 * @example
 * ```ts
 * import { chooseEngine, openEngine } from "console-vault/engine";
 * const location = { projectDir: process.cwd(), stack: "dev" };
 * const { name, reason } = await chooseEngine("auto", location, { embeddedUnasked: true });
 * console.log(`engine ${name}: ${reason}`);
 * export const engine = openEngine(name, location);
 * ```
 */
export async function chooseEngine(
  asked: EngineName | "auto",
  location: StackLocation,
  { embeddedUnasked }: ChoiceOptions,
): Promise<Choice> {
  if (asked !== "auto") return { name: asked, reason: `--engine ${asked}` };
  const cli = await findCli(location);
  const choice = await automatic(location, cli?.found);
  if (choice.name === "pulumi" && cli === undefined) {
    throw new EngineError(`This stack is run with the Pulumi CLI: ${choice.reason}. There is none. ${howToInstall}`);
  }
  if (choice.name === "embedded" && !embeddedUnasked) {
    throw new EngineError(
      `The embedded engine would be used: ${choice.reason}. Off loopback it is used only with --engine embedded. Or: ${howToInstall}`,
    );
  }
  return choice;
}

async function automatic(location: StackLocation, cliFound: string | undefined): Promise<Choice> {
  const project = await readProject(location, { anyRuntime: true });
  const chosen = chosenBackend(location, project.backendUrl);
  if (chosen?.isFiles === false) return { name: "pulumi", reason: `its backend is ${chosen.kind}` };
  if (cliFound !== undefined && (await goesByLogin(location, project))) {
    return { name: "pulumi", reason: `its backend is where the CLI is logged in: ${cliFound}` };
  }
  const writer = await new StackFiles(
    stateDirectory(location, project.backendUrl),
    project.name,
    location.stack,
  ).writer();
  if (writer === "embedded") return { name: "embedded", reason: "the stack's state was last written by it" };
  if (writer === "pulumi") return { name: "pulumi", reason: "the stack's state was last written by it" };
  if (cliFound !== undefined) return { name: "pulumi", reason: `the stack is new, and there is a CLI: ${cliFound}` };
  return { name: "embedded", reason: "the stack is new, and there is no Pulumi CLI on PATH" };
}
