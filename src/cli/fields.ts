/** Wide enough for any terminal, and for a pipe. */
const width = 80;
const labelWidth = 10;

/** A labelled text, folded at words to 80 columns: a label of at most 9 letters, the rest indented below itself. */
export function field(label: string, text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && labelWidth + last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, i) => (i === 0 ? label : "").padEnd(labelWidth) + line).join("\n");
}
