export { findCatalog } from "./find.js";
export { loadCatalog } from "./load.js";
