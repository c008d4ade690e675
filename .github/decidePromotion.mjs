// From `console-vault status --json` to what the workflow "promote" does: lines for $GITHUB_OUTPUT.
// promote: main wants the last environment's flag on, and it is off. ready: and the one before it has soaked, so the gate is likely
// to open.
import { readFileSync } from "node:fs";

const { environments } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [before, last] = environments.filter(({ flag }) => flag.app !== "").slice(-2);
const promote = Boolean(last?.flag.wanted && !last.flag.running);
process.stdout.write(`promote=${promote}\nready=${promote && before.phase === "soaked"}\n`);
