import { chooseEngine, inspectBackend, inspectCli, inspectSecrets, type StackLocation } from "../../engine/index.js";
import { type Check, missing, missingFor, note, ok } from "./check.js";

/** The oldest Node that package.json's `engines` allows. */
const oldestNode = 20;

export function judgeNode(version: string, own: string): Check {
  const found = `Node ${version}, console-vault ${own}`;
  return Number(version.split(".")[0]) >= oldestNode
    ? ok("node", "", found)
    : missing("node", "", found, `Install Node ${oldestNode} or newer (https://nodejs.org).`);
}

export async function checkCli(location: StackLocation): Promise<Check> {
  try {
    const cli = await inspectCli(location);
    if (cli) return ok("pulumi-cli", "", `${cli.version}, ${cli.found}`);
    return note(
      "pulumi-cli",
      "",
      "there is none",
      "Nothing, with --engine embedded. Else install it: https://www.pulumi.com/docs/install/",
    );
  } catch (error) {
    return missingFor("pulumi-cli", "", error);
  }
}

/** Engine, backend and passphrase of a stack. */
export async function checkStackMachine(location: StackLocation, loopback: boolean): Promise<Check[]> {
  const { stack } = location;
  const checks: Check[] = [];
  const attempt = async <Found>(
    name: "engine" | "backend" | "passphrase",
    look: () => Promise<Found>,
    says: (found: Found) => string,
  ) => {
    try {
      const found = await look();
      checks.push(ok(name, stack, says(found)));
      return found;
    } catch (error) {
      checks.push(missingFor(name, stack, error));
      return undefined;
    }
  };
  await attempt(
    "engine",
    () => chooseEngine("auto", location, { embeddedUnasked: loopback }),
    ({ name, reason }) => `${name} (${reason})`,
  );
  const backend = await attempt(
    "backend",
    () => inspectBackend(location),
    ({ description }) => description,
  );
  if (!backend) return checks;
  const empty = location.env?.PULUMI_CONFIG_PASSPHRASE === "" && !loopback && backend.isFiles;
  if (empty)
    checks.push(
      missing(
        "passphrase",
        stack,
        "it is empty, and off loopback it may not be",
        "Set PULUMI_CONFIG_PASSPHRASE to a passphrase.",
      ),
    );
  else
    await attempt(
      "passphrase",
      () => inspectSecrets(location, backend),
      (found) => found,
    );
  return checks;
}
