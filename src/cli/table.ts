import Table from "cli-table3";
import { quietBorders } from "../report/borders.js";
import type { Io } from "./io.js";

/** A table without lines between its rows. */
export function table(io: Io, head: readonly string[]): Table.Table {
  return new Table({
    head: [...head],
    style: { head: io.color ? ["cyan"] : [], border: [], "padding-left": 0, "padding-right": 1 },
    chars: { ...quietBorders, left: "  " },
  });
}
