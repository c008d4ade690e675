import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { consoleCatalog } from "../../catalog/index.js";
import { defaultSeed, type Flavour } from "../../local/index.js";
import { loadCatalog } from "../../project/index.js";
import { madeUpCompany } from "../demo/company.js";
import { type Company, Stage } from "../demo/stage.js";
import { tellStory } from "../demo/story.js";
import { colorsOf, type Io, type RunCommand } from "../io.js";
import { packageDir } from "../project.js";
import { flavourOption } from "./local.js";

interface DemoOptions {
  readonly engine: string;
  readonly flavour: Flavour;
  readonly example?: string;
  readonly html?: string;
}

/** The company of the package's own catalog, which has its project, or one of `examples` before it has any. */
async function companyOf(example: string | undefined): Promise<Company> {
  if (example === undefined)
    return {
      catalog: consoleCatalog,
      file: join(packageDir, "catalog.ts"),
      seed: defaultSeed(),
      begins: "its own project",
    };
  const file = join(packageDir, "examples", example, "catalog.ts");
  const catalog = await loadCatalog(file);
  const name = `${example[0]!.toUpperCase()}${example.slice(1)}`;
  return { catalog, file, seed: madeUpCompany(catalog, { id: randomUUID(), name }), begins: "an empty folder" };
}

async function demo(io: Io, options: DemoOptions, run: RunCommand): Promise<void> {
  const c = colorsOf(io);
  io.out(`${c.bold("console-vault")}: from one flat folder per vendor to a folder per environment, on local services.`);
  const page = options.html === undefined ? undefined : resolve(io.cwd, options.html);
  const stage = await Stage.open(io, await companyOf(options.example), options, run);
  try {
    await tellStory(stage, page);
    io.out(`\n${c.green("Done.")} Only the requests were real: both services ran on this machine, and have ended.`);
  } finally {
    await stage.close();
  }
}

export function addDemo(program: Command, io: Io, run: RunCommand): void {
  program
    .command("demo")
    .description("run the whole migration on the local services, with a state of its own")
    .option("--engine <engine>", "embedded or pulumi", "embedded")
    .addOption(
      new Option("--example <company>", "run it for another company, from an empty folder on").choices(["acme"]),
    )
    .option("--html <file>", "write the final status page to this file")
    .addOption(flavourOption())
    .action((options: DemoOptions) => demo(io, options, run));
}
