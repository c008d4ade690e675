module.exports = require("./vars");
