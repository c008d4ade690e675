"use strict";
// `require("console-vault/program")`: the same program for a project in CommonJS.
module.exports = () => import("./program.mjs").then((program) => program.default());
