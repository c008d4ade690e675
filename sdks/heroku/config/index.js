"use strict";
module.exports = require("./vars");
