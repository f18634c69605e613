/** Longer lines are none of those that are looked for. */
const MAX_LINE_LENGTH = 8_192

/** Name, labels in braces (whose quoted values may hold anything), value, perhaps a time. */
const SAMPLE = /^([A-Za-z_:][\w:]*)\s*(?:\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}\s*)?(\S+)(?:\s+-?\d+)?\s*$/

/** Of a worker that tells what the first one tells, too. */
const COPY = /(?:^|,)\s*tp_rank="(?!0")/

/**
 * Reads some figures from Prometheus's text format: each is the sum over its label sets (several engines behind one server), those of
 * tensor-parallel copies aside. Whatever is no sample with a finite value ≥ 0 is passed over.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @returns the names that were there, with their sums
 */
export function readFigures(text: string, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    if (end - start <= MAX_LINE_LENGTH && text[start] !== '#') add(sums, text.slice(start, end), names)
    start = end + 1
  }
  return sums
}

function add(sums: Map<string, number>, line: string, names: ReadonlySet<string>): void {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
  if (!names.has(name) || COPY.test(labels)) return
  const figure = Number(value)
  if (figure >= 0 && figure < Infinity) sums.set(name, (sums.get(name) ?? 0) + figure)
}
