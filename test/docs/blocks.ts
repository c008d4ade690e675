/** A fenced block of a Markdown document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** 1-based line of its opening fence. */
  readonly line: number;
  /** What an HTML comment `<!-- test: … -->` right before it says: directions that readers do not see. */
  readonly directions: readonly string[];
}

/** Fenced blocks in their order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let directions: string[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  markdown.split("\n").forEach((text, index) => {
    const fence = /^```(\w*)/.exec(text);
    if (open && text === "```") {
      blocks.push({ language: open.language, text: open.lines.join("\n"), line: open.line, directions });
      open = undefined;
      directions = [];
    } else if (open) open.lines.push(text);
    else if (fence) open = { language: fence[1]!, line: index + 1, lines: [] };
    else {
      const direction = /^<!-- test: (.*) -->$/.exec(text);
      if (direction) directions.push(direction[1]!);
    }
  });
  return blocks;
}
