import { processIo } from "./io.js";
import { run } from "./program.js";

const color =
  !process.argv.includes("--no-color") &&
  !process.env.NO_COLOR &&
  Boolean(process.stdout.isTTY || process.env.FORCE_COLOR);
process.exitCode = await run(process.argv.slice(2), processIo(color));
