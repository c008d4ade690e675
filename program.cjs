"use strict";
// `require("console-vault/program")`: the same program for a project in CommonJS.
let called = false;
const program = () => {
  called = true;
  return import("./program.mjs").then((program) => program.default());
};

// Pulumi calls what a CommonJS project exports as a whole. `export default` of TypeScript is one key of that: it would be taken for an
// output, and of a program that declares nothing an engine would delete all that there is.
if (process.env.PULUMI_NODEJS_MONITOR)
  process.prependOnceListener("beforeExit", () => {
    if (called) return;
    process.stderr.write(
      'The program does not run console-vault/program, so nothing was declared and nothing is changed. Export it as a whole:\n  import program = require("console-vault/program");\n  export = program;\n',
    );
    process.exit(1);
  });

module.exports = program;
