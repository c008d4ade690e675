// From `console-vault status --json` to what the workflow "promote" does: lines for $GITHUB_OUTPUT.
// promote: main wants prod's flag on, and it is off. ready: and staging has soaked, so the gate is likely to open.
import { readFileSync } from "node:fs";

const [staging, prod] = JSON.parse(readFileSync(process.argv[2], "utf8")).environments;
const promote = prod.flag.wanted && !prod.flag.running;
process.stdout.write(`promote=${promote}\nready=${promote && staging.phase === "soaked"}\n`);
