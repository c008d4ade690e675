import { processIo } from "./io.js";
import { run } from "./program.js";

const colors = !process.argv.includes("--no-color") && !process.env.NO_COLOR;
const color = colors && Boolean(process.stdout.isTTY || process.env.FORCE_COLOR);
// Node would print all that hangs on an error: the SDK hangs promises on its own, and those hold a run's environment.
process.on("uncaughtException", (error: unknown) => {
  // A program that runs in this process has failed then, and its engine says so.
  if (process.listenerCount("uncaughtException") > 1) return;
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
process.exitCode = await run(process.argv.slice(2), processIo(color, colors));
