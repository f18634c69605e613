/** A bar in a cell would end it. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A table in Markdown. @param text the columns that stand to the left, from 0; figures stand to the right. @default the first */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  text: readonly number[] = [0]
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map((_, i) => (text.includes(i) ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
