"use strict";
module.exports = require("./declare.cjs").declare(process.cwd());
