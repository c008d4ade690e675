import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { applyFlags, type Direction, flagSql, flagsOf } from "../../flags/index.js";
import { SecretValue } from "../../secret.js";
import type { Io } from "../io.js";
import { openProject } from "../project.js";

function directionOf(text: string): Direction {
  if (text === "up" || text === "down") return text;
  throw new UsageError(`up or down, not ${JSON.stringify(text)}`);
}

export function addFlags(program: Command, io: Io): void {
  const command = program
    .command("flags")
    .description("show the flag registry")
    .option("--sql <up|down>", "print the SQL that promotes (up) or demotes (down) the flag's row")
    .option("--cwd <dir>", "the project's directory")
    .option("--json", "answer as JSON")
    .action(async (options: { sql?: string; cwd?: string; json?: boolean }) => {
      const flags = flagsOf((await openProject(io, options.cwd)).catalog);
      if (options.sql !== undefined) {
        if (options.json) throw new UsageError("--sql and --json exclude each other: the answer is SQL.");
        const direction = directionOf(options.sql);
        io.out(flags.map((flag) => flagSql(flag, direction)).join("\n"));
      } else if (options.json) io.out(JSON.stringify(flags, null, 2));
      else
        for (const flag of flags)
          io.out(
            `${flag.name}\n  ${flag.variable}, default ${flag.default ? "on" : "off"}, revision ${flag.revision}\n  ${flag.description}`,
          );
    });
  command
    .command("apply")
    .description("run the SQL on PostgreSQL, in one transaction; running it again changes nothing")
    .option(
      "--database-url <url>",
      "postgres://… (default: DATABASE_URL, which keeps the password out of the process list)",
    )
    .option("--down", "demote instead of promote")
    .option("--cwd <dir>", "the project's directory")
    .option("--json", "answer as JSON")
    .action(async (options: { databaseUrl?: string; down?: boolean; cwd?: string; json?: boolean }) => {
      const url = options.databaseUrl ?? io.env.DATABASE_URL;
      if (!url) throw new UsageError("Say which database: --database-url postgres://…, or DATABASE_URL.");
      const direction: Direction = options.down ? "down" : "up";
      for (const flag of flagsOf((await openProject(io, options.cwd)).catalog)) {
        const applied = await applyFlags({ databaseUrl: SecretValue.of(url), direction, flag, signal: io.signal });
        if (options.json) io.out(JSON.stringify(applied, null, 2));
        else
          io.out(
            `${applied.flag}: ${applied.changed ? (direction === "up" ? "promoted" : "demoted") : "nothing to change"} (${flag.revision})`,
          );
      }
    });
}
