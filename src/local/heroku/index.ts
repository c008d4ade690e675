export { HerokuSeed } from "./seed.js";
export { type HerokuOptions, type LocalHeroku, startHeroku } from "./server.js";
