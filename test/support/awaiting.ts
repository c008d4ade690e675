// A toy project whose program awaits the work of the command that started its update, as the real program does.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Project } from "../engine/conformance/onDisk.js";

const tsx = createRequire(import.meta.url).resolve("tsx/cjs");
const client = fileURLToPath(new URL("../../src/engine/work/program.ts", import.meta.url));

export async function awaitingProject(): Promise<Project> {
  const project = await Project.make();
  const yaml = join(project.directory, "Pulumi.yaml");
  await writeFile(
    yaml,
    `${(await readFile(yaml, "utf8")).replace("program.cjs", "first.cjs")}options:\n  refresh: always\n`,
  );
  await writeFile(
    join(project.directory, "first.cjs"),
    `"use strict";
const pulumi = require("@pulumi/pulumi");
require(${JSON.stringify(tsx)});
const { awaitWork } = require(${JSON.stringify(client)});
module.exports = async () => {
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
