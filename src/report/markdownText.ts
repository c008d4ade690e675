// Text inside GitHub-flavored Markdown, as what it says and nothing else: no markup, no link, and nobody is called.
import { plain } from "./words.js";

/** Running text, in a paragraph, a list item or a table's cell. */
export function text(value: string): string {
  return (
    escaped(plain(value).trim())
      .replace(/^(\d+)([.)])/, "$1\\$2")
      .replace(/^[-+=]/, "\\$&")
      // `@name` and `#12` become mentions and references after rendering, whatever is escaped; a zero-width space parts them.
      .replace(/(?<!\w)@(?=\w)|#(?=\d)|\bGH-(?=\d)/gi, "$&&#8203;")
  );
}

/**
 * Something to read or type as it stands. A backtick would end a code span, and a pipe a table's cell, even escaped. A plan's
 * only raw `<` are those of its own tags: the workflow that posts it lets no other through.
 */
export function code(value: string): string {
  const content = plain(value).trim();
  if (content === "") return "";
  return /[`|<]/.test(content) ? `<code>${escaped(content)}</code>` : `\`${content}\``;
}

function escaped(value: string): string {
  return (
    value
      // An underscore inside a word is no emphasis, and names have many.
      .replace(/[\\`*[\]~$#]|(?<!\w)_|_(?!\w)/g, "\\$&")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/\|/g, "&vert;")
  );
}

/** A table's line of cells that are Markdown already. */
export const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** The two lines that begin a table. */
export const tableHead = (titles: readonly string[]) => [row(titles), row(titles.map(() => "---"))];

/** At most `length` characters, ending in an ellipsis where something was cut. */
export function clip(value: string, length: number): string {
  const characters = Array.from(value);
  return characters.length <= length ? value : `${characters.slice(0, length - 1).join("")}…`;
}
