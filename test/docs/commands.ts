// Runs a document: its console blocks in order, its yaml blocks as edits of the stack files, on the local services.
import { parse } from "yaml";
import type { environmentScoped } from "../support/document.js";
import { valueFor } from "../support/values.js";
import { World } from "../support/world.js";
import { type Block, blocksOf } from "./blocks.js";

export interface Typed {
  readonly command: string;
  readonly line: number;
  readonly expectedCode: number;
  readonly code: number;
  readonly output: string;
  /** What the document shows of its output; `…` stands for anything. */
  readonly shown: readonly string[];
}

type Name = keyof typeof environmentScoped;
type Stack = "staging" | "prod";

/** What happens while nobody types. */
const directions: Record<string, (world: World) => void | Promise<void>> = {
  "48 hours pass": (world) => world.hoursPass(48),
  "the vault is down": ({ control }) => control.addFault({ service: "infisical", do: { status: 503 } }),
  "the vault is up": ({ control }) => control.clearFaults(),
  "somebody turns staging's flag off by hand": (world) =>
    setVar(world, "raxx-console-staging", "FLAG_CONSOLE_VAULT_ENV_AWARE", "false"),
};

export async function setVar({ env }: World, app: string, name: string, value: string): Promise<void> {
  await fetch(`${env.HEROKU_API_URL}/apps/${app}/config-vars`, {
    method: "PATCH",
    headers: {
      accept: "application/vnd.heroku+json; version=3",
      authorization: `Bearer ${env.HEROKU_API_KEY}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ [name]: value }),
  });
}

const ordinals = ["first", "second", "third"];

function expectedCode({ directions }: Block, index: number, count: number): number {
  for (const direction of directions) {
    const [, code, ordinal] = /^exit (\d)(?: in the (\w+) command)?$/.exec(direction) ?? [];
    if (code !== undefined && index === (ordinal ? ordinals.indexOf(ordinal) : count - 1)) return Number(code);
  }
  return 0;
}

/** A person answers the question, and types a value at the prompt. */
const asks = ["up", "refresh", "destroy", "promote", "rollback", "rotate"];

/** What is piped in, where the document says it, else a new value of the right shape. */
function typedValue([command, name, ...rest]: readonly string[]): string | undefined {
  if (command !== "provision" && command !== "rotate") return undefined;
  if (rest.includes("<")) return rest.at(-1);
  const env = rest[rest.indexOf("--env") + 1];
  return valueFor(name as Name, env === "prod" ? "prod" : "staging");
}

/** Pairs of commands and what is shown below them. */
function commandsOf({ text, line }: Block) {
  const commands: { command: string; line: number; shown: string[] }[] = [];
  text.split("\n").forEach((one, index) => {
    if (one.startsWith("$ ")) commands.push({ command: one.slice(2), line: line + index + 1, shown: [] });
    else if (one !== "") commands.at(-1)!.shown.push(one);
  });
  return commands;
}

/** `a new world, staging on`: what was before is over. */
async function newWorld(direction: string): Promise<World | undefined> {
  const [, so] = /^a new world(?:, (staging on|both on))?$/.exec(direction) ?? [undefined, "no"];
  if (so === "no") return undefined;
  const world = await World.open();
  if (so === "staging on") await world.stagingOn();
  if (so === "both on") await world.prodOn();
  return world;
}

/** `soakHours of prod is 2` */
function setKey(world: World, direction: string): void {
  const [, key, stack, value] = /^(\w+) of (staging|prod) is (.*)$/.exec(direction) ?? [];
  if (key && stack && value) world.set(stack as Stack, key, JSON.parse(value));
}

/** `without X`, `with X=value`: for one block. */
function environment({ directions }: Block): Record<string, string | undefined> {
  const changes = directions.map((one) => /^(?:without (\w+)|with (\w+)=(.*))$/.exec(one) ?? []);
  return Object.fromEntries(
    changes.flatMap(([, off, on, value]) => (off ? [[off, undefined]] : on ? [[on, value]] : [])),
  );
}

/** Types a document's commands in their order. Begins in a new world. */
export async function typeDocument(markdown: string): Promise<Typed[]> {
  let world = await World.open();
  try {
    const typed: Typed[] = [];
    for (const block of blocksOf(markdown)) {
      for (const direction of block.directions) {
        const next = await newWorld(direction);
        if (next) {
          await world.close();
          world = next;
        }
        setKey(world, direction);
        await directions[direction]?.(world);
      }
      edit(world, block);
      if (block.language === "console") typed.push(...(await type(world, block)));
    }
    return typed;
  } finally {
    await world.close();
  }
}

/** A yaml block that begins with a stack file's name is an edit of that file. */
function edit(world: World, { language, text }: Block): void {
  const stack = /^# Pulumi\.(staging|prod)\.yaml/.exec(text)?.[1] as Stack | undefined;
  if (language !== "yaml" || !stack) return;
  const { config } = parse(text) as { config: Record<string, unknown> };
  for (const [key, value] of Object.entries(config)) world.set(stack, key.replace("console-vault:", ""), value);
}

async function type(world: World, block: Block): Promise<Typed[]> {
  const typed: Typed[] = [];
  const commands = commandsOf(block);
  for (const [index, { command, line, shown }] of commands.entries()) {
    const [program, ...words] = command.split(/\s+/);
    if (program !== "console-vault") throw new Error(`line ${line}: ${program} is not run here`);
    const argv = words.includes("<") ? words.slice(0, words.indexOf("<")) : words;
    const yes = asks.includes(argv[0]!) && !argv.includes("--yes") ? ["--yes"] : [];
    const input = typedValue(words);
    const env = environment(block);
    const { code, text } = await world.run([...argv, ...yes], { env, ...(input === undefined ? {} : { input }) });
    typed.push({ command, line, shown, code, output: text, expectedCode: expectedCode(block, index, commands.length) });
  }
  return typed;
}

/** Lines that the document shows and the output does not have. */
export function notShown({ shown, output }: Pick<Typed, "shown" | "output">): string[] {
  const words = (line: string) => line.trim().split(/\s+/);
  const lines = output.split("\n").map((line) => words(line).join(" "));
  return shown.filter((line) => {
    const pattern = words(line)
      .map((word) => word.split("…").map(literally).join(".*"))
      .join("\\s*");
    return !lines.some(
      (one) => new RegExp(`^${pattern}$`).test(one) || (line.includes("…") && new RegExp(pattern).test(one)),
    );
  });
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
