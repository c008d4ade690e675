import { readFileSync } from "node:fs";

const { environments, next } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const onOrOff = (on) => (on === null ? "unknown" : on ? "on" : "off");

for (const { name, phase, flag, blocked } of environments) {
  process.stdout.write(`- **${name}**: ${phase}, flag ${onOrOff(flag.running)}\n`);
  if (blocked.length > 0) process.stdout.write(`  - ${blocked.length} in the way\n`);
}
if (next.length > 0) process.stdout.write(`- Next: \`${next[0].command}\`\n`);

if (environments.some(({ blocked }) => blocked.length > 0)) process.exitCode = 1;
