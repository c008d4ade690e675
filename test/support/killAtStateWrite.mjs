// Preloaded into a command (`--import`): ends it with SIGKILL right before or right after a write of the stack's state.
// KILL_AT_STATE_WRITE: 1 before the first write, 2 after it, 3 before the second, …; `outputs`: before the stack's outputs are
// written, when everything else of the update is done.
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const { rename } = fs;
const at = process.env.KILL_AT_STATE_WRITE;
let moments = 0;
const moment = () => {
  moments += 1;
  if (String(moments) === at) process.kill(process.pid, "SIGKILL");
};
const hasOutputs = async (path) => {
  const { resources = [] } = JSON.parse(await fs.readFile(path, "utf8")).checkpoint.latest ?? {};
  return resources.some(({ type, outputs }) => type === "pulumi:pulumi:Stack" && outputs?.migration);
};

// A write ends with the new file taking the place of the old one; before that nothing of it can be seen.
fs.rename = async (from, to) => {
  const state = /\.pulumi\/stacks\/[^/]+\/[^/]+\.json$/.test(String(to));
  if (state) moment();
  if (state && at === "outputs" && (await hasOutputs(from))) process.kill(process.pid, "SIGKILL");
  await rename(from, to);
  if (state) moment();
};
syncBuiltinESMExports();
