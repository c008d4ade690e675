import type { PlanStep } from "../report/plan/index.js";
import type { Colors } from "./io.js";

const signs: Record<string, string> = {
  create: "+",
  update: "~",
  delete: "-",
  replace: "±",
  "create-replacement": "±",
  "delete-replaced": "-",
  same: " ",
};

/** A step as lines of a terminal. */
export function stepLines(step: PlanStep, c: Colors): string[] {
  const sign = signs[step.op] ?? "·";
  const paint = sign === "+" ? c.green : sign === "-" ? c.red : c.yellow;
  const width = Math.max(0, ...step.details.map(({ name }) => name.length));
  return [
    `  ${paint(sign)} ${step.kind.padEnd(11)} ${c.bold(step.subject)}  ${c.dim(step.op)}`,
    ...step.details.map(({ name, text }) => `      ${name.padEnd(width)}  ${c.dim(text)}`),
  ];
}

/** `3 to create, 1 to update, 8 unchanged` */
export function countWords(changes: Readonly<Partial<Record<string, number>>>, done: boolean): string {
  const word: Record<string, string> = {
    create: "create",
    update: "update",
    delete: "delete",
    replace: "replace",
    same: "unchanged",
    refresh: "refresh",
  };
  const past: Record<string, string> = {
    create: "created",
    update: "updated",
    delete: "deleted",
    replace: "replaced",
    refresh: "refreshed",
  };
  return Object.keys(word)
    .flatMap((op) => (changes[op] ? [[op, changes[op]] as const] : []))
    .map(([op, count]) =>
      op === "same" ? `${count} unchanged` : done ? `${count} ${past[op]}` : `${count} to ${word[op]}`,
    )
    .join(", ");
}
