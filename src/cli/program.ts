import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { Refusal } from "../errors.js";
import { promptError } from "./ask.js";
import { exitCodeOf, exitCodes } from "./exit.js";
import { colorsOf, type Io, type RunCommand } from "./io.js";

const { version } = createRequire(import.meta.url)("console-vault/package.json") as { version: string };

type Add = (program: Command, io: Io, run: RunCommand) => void;

interface Listed {
  readonly takes?: string;
  /** What the command says of itself as well. */
  readonly about: string;
  readonly load: () => Promise<Add>;
}

/** By their first word. A command loads what it needs and no more, and the list of them loads none. */
const commands: Record<string, Listed> = {
  init: {
    about:
      "make a project, or add to an existing one: read the vault's folders and the Heroku account's apps, propose a scope for each credential, write the catalog, the stack files and the program",
    load: async () => (await import("./commands/init.js")).addInit,
  },
  up: {
    about: "bring the stack to what its config says: show the plan, ask, update",
    load: async () => (await import("./commands/update.js")).addUp,
  },
  preview: {
    about: "show what up would do; changes nothing",
    load: async () => (await import("./commands/update.js")).addPreview,
  },
  refresh: {
    about: "read every resource again and record in the state what is found",
    load: async () => (await import("./commands/update.js")).addRefresh,
  },
  destroy: {
    about: "forget the stack; every credential and every config var stays where it is",
    load: async () => (await import("./commands/update.js")).addDestroy,
  },
  cancel: {
    about: "free the lock that an update left behind when it died",
    load: async () => (await import("./commands/update.js")).addCancel,
  },
  provision: {
    takes: "[name]",
    about:
      "write a credential at its environment path: take the value from stdin or a hidden prompt, check it against its rules, write it, read it back",
    load: async () => (await import("./commands/provision.js")).addProvision,
  },
  rotate: {
    takes: "<name>",
    about:
      "give a credential a new value: try it, write it where the running flag says, set it on the apps that read it there, read it back",
    load: async () => (await import("./commands/rotate.js")).addRotate,
  },
  promote: {
    about: "turn the next environment's flag on, if the one before has soaked",
    load: async () => (await import("./commands/promote.js")).addPromote,
  },
  rollback: {
    about: "turn the flag off: works while the vault is down, refuses if the flat path is gone",
    load: async () => (await import("./commands/rollback.js")).addRollback,
  },
  status: {
    about: "show credentials × environments, flags, soak, drift, and the next command to type",
    load: async () => (await import("./commands/status.js")).addStatus,
  },
  next: {
    about: "show the next command and, after a yes, run it",
    load: async () => (await import("./commands/next.js")).addNext,
  },
  completion: {
    takes: "<shell>",
    about:
      'print a script that completes commands, options and the catalog\'s names: eval "$(console-vault completion bash)"',
    load: async () => (await import("./commands/completion.js")).addCompletion,
  },
  diff: {
    takes: "<environment> <environment>",
    about: "compare two environments' credentials: equal, different, missing or unreadable; never a value",
    load: async () => (await import("./commands/diff.js")).addDiff,
  },
  doctor: {
    about: "find what this machine, project, vault and Heroku account lack, and say how to fix it; writes nothing",
    load: async () => (await import("./commands/doctor.js")).addDoctor,
  },
  resolve: {
    takes: "<name>",
    about: "show where a credential lives, and why",
    load: async () => (await import("./commands/resolve.js")).addResolve,
  },
  paths: {
    about: "show the whole resolution table: every credential, with the flag off and on",
    load: async () => (await import("./commands/resolve.js")).addPaths,
  },
  flags: {
    about: "show the flag registry",
    load: async () => (await import("./commands/flags.js")).addFlags,
  },
  local: {
    about: "serve Infisical and the Heroku Platform API on loopback",
    load: async () => (await import("./commands/local.js")).addLocal,
  },
  demo: {
    about: "run the whole migration on the local services, with a state of its own",
    load: async () => (await import("./commands/demo.js")).addDemo,
  },
};

/** The command that a command line names: its own `--help`, and `help NAME`, are the command's. */
function namedIn(argv: readonly string[]): Listed | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith("-"));
  const word = first === "help" ? second : first;
  return word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined;
}

async function build(io: Io, argv: readonly string[]): Promise<Command> {
  const program = new Command("console-vault")
    .description("Moves credentials in Infisical from one flat folder per vendor to a folder per environment.")
    .version(version)
    .option("--no-color", "print without colours")
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .showSuggestionAfterError()
    .exitOverride();
  const named = namedIn(argv);
  if (named) (await named.load())(program, io, run);
  else
    for (const [name, { takes = "", about }] of Object.entries(commands))
      program.command(`${name} ${takes}`.trim()).description(about);
  const everywhere = (command: Command): void => {
    for (const one of command.commands) {
      one.option("--no-color", "print without colours").exitOverride().configureOutput(program.configureOutput());
      everywhere(one);
    }
  };
  everywhere(program);
  return program;
}

/** For a shell's completion: what can stand at the cursor, a line each. */
async function offer(io: Io, words: readonly string[]): Promise<number> {
  const { complete } = await import("./complete.js");
  const catalog = async () => {
    const { openProject } = await import("./project.js");
    return openProject({ ...io, err: () => {} }, undefined).then(
      (project) => project.catalog,
      () => undefined,
    );
  };
  const [first] = words;
  const program = first !== undefined && Object.hasOwn(commands, first) ? await build(io, [first]) : new Command();
  const offered = await complete(words, Object.keys(commands), program, catalog);
  if (offered.length > 0) io.out(offered.join("\n"));
  return exitCodes.done;
}

/**
 * Runs a command line and returns its exit code. Mistakes of the user are told in their own words; only what nobody expected
 * says so, with a stack under CONSOLE_VAULT_DEBUG=1.
 */
export async function run(argv: readonly string[], given: Io): Promise<number> {
  let answered = false;
  const io: Io = {
    ...given,
    out: (text) => {
      answered = true;
      given.out(text);
    },
  };
  try {
    if (argv[0] === "__complete") return await offer(io, argv.slice(1));
    const program = await build(io, argv);
    await program.parseAsync([...argv], { from: "user" });
    return exitCodes.done;
  } catch (thrown) {
    const error = promptError(thrown);
    // Commander has told it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const code = exitCodeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (message)
      io.err(
        `${colorsOf(io).red(code === exitCodes.refused ? "refused" : code === exitCodes.pending ? "pending" : "error")}: ${message}`,
      );
    // Who asked for JSON gets one document, also of why there is no other.
    if (argv.includes("--json") && !answered) {
      const result = code === exitCodes.refused ? "refused" : code === exitCodes.usage ? "wrong use" : "failed";
      const reasons = message.split("\n").map((line) => line.trim());
      const findings = error instanceof Refusal ? error.findings : [];
      io.out(JSON.stringify({ result, reasons, ...(findings.length > 0 ? { findings } : {}) }, null, 2));
    }
    if (io.env.CONSOLE_VAULT_DEBUG === "1" && error instanceof Error) io.err(error.stack ?? "");
    return code;
  }
}
