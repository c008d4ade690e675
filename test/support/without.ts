/**
 * For `describe.skipIf`: says in the test run's output what is left out, and for want of what.
 * @param what the half of a suite that needs something that this machine may lack
 * @param lack what is missing, and how to get it; undefined where it is there
 */
export function without(what: string, lack: string | undefined): boolean {
  if (lack !== undefined) process.stdout.write(`skipped: ${what}: ${lack}\n`);
  return lack !== undefined;
}

/** Of the tests that hold the Pulumi CLI to the same. */
export const noCli = "there is no Pulumi CLI (`pulumi` on PATH, or its path in PULUMI_CLI)";
