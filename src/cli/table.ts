import Table from "cli-table3";
import type { Io } from "./io.js";

/** A table without lines between its rows. */
export function table(io: Io, head: readonly string[]): Table.Table {
  return new Table({
    head: [...head],
    style: { head: io.color ? ["cyan"] : [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "  ",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "",
    },
  });
}
