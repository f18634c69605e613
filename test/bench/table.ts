type Cell = string | number

/** Rows as a table of Markdown that is readable as it is. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padStart(widths[column])).join(' | ')} |`
  return [
    line(cells[0]),
    `| ${widths.map((width) => `${'-'.repeat(width - 1)}:`).join(' | ')} |`,
    ...cells.slice(1).map(line)
  ].join('\n')
}

export function section(title: string, constants: object, body: string): void {
  process.stdout.write(`\n${title}\n${JSON.stringify(constants)}\n\n${body}\n`)
}
