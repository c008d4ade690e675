// The Pulumi program, under every engine: plain JavaScript, so that no engine has to know about TypeScript.
import pulumi from "@pulumi/pulumi";
import { load } from "./load.mjs";

// With a stack an error costs a minute on Node 20 and 22 (the SDK inspects it, and util.inspect loops): message only.
const plain = (error) => {
  if (process.env.CONSOLE_VAULT_DEBUG === "1") process.stderr.write(`${error?.stack ?? error}\n`);
  const told = new pulumi.RunError(error instanceof Error ? error.message : String(error));
  told.stack = undefined;
  return told;
};

// A promise that nobody settles lets Node run out of work and the SDK report a finished program. To an engine that is one which
// declares nothing: it would delete what it has.
const stopped = () => {
  process.stderr.write("The program stopped before its end; nothing may be concluded from what it declared.\n");
  process.exit(1);
};

export default () => {
  process.prependOnceListener("beforeExit", stopped);
  return load("index")
    .then((program) => program.default())
    .catch((error) => {
      throw plain(error);
    })
    .finally(() => process.off("beforeExit", stopped));
};
