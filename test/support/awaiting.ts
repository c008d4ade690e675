// A toy project whose program awaits the work of the command that started its update, as the real program does.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Project } from "../engine/conformance/onDisk.js";

const loader = new URL("../../load.mjs", import.meta.url).href;

export async function awaitingProject(): Promise<Project> {
  const project = await Project.make({ ownSalt: true });
  const yaml = join(project.directory, "Pulumi.yaml");
  await writeFile(
    yaml,
    `${(await readFile(yaml, "utf8")).replace("program.cjs", "first.cjs")}options:\n  refresh: always\n`,
  );
  await writeFile(
    join(project.directory, "first.cjs"),
    `"use strict";
const pulumi = require("@pulumi/pulumi");
module.exports = async () => {
  const { load } = await import(${JSON.stringify(loader)});
  const { awaitWork } = await load("engine/work/program");
  if (!pulumi.runtime.isDryRun()) await awaitWork().catch(({ message }) => {
    const error = new pulumi.RunError(message);
    error.stack = undefined;
    throw error;
  });
  return require("./program.cjs");
};
`,
  );
  return project;
}
