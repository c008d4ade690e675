/** The part of a document between `<!-- NAME: begin … -->` and `<!-- NAME: end -->`, replaced. */
export function withPart(document: string, name: string, content: string): string {
  const begin = new RegExp(`<!-- ${name}: begin[^\\n]*-->\\n`).exec(document);
  const end = document.indexOf(`<!-- ${name}: end -->`);
  if (!begin || end < 0) throw new Error(`the document has no part ${name}`);
  return `${document.slice(0, begin.index + begin[0].length)}\n${content.trim()}\n\n${document.slice(end)}`;
}
