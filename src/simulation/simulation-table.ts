import { formatMs, formatNumber, formatPercent } from '../experiment/format.ts'
import type { Estimate, PairedFigures } from './figures.ts'
import type { PolicyResult } from './head-to-head.ts'

interface Column {
  readonly title: string
  readonly figure: keyof PairedFigures
  readonly format: (value: number) => string
  /** Shows half the interval too. */
  readonly spread?: true
}

const COLUMNS: readonly Column[] = [
  { title: '× mean', figure: 'ratioMean', format: (value) => value.toFixed(3), spread: true },
  { title: '× p99', figure: 'ratioP99', format: (value) => value.toFixed(3), spread: true },
  { title: 'mean', figure: 'meanMs', format: formatMs },
  { title: 'p50', figure: 'p50Ms', format: formatMs },
  { title: 'p95', figure: 'p95Ms', format: formatMs },
  { title: 'p99', figure: 'p99Ms', format: formatMs },
  { title: 'success', figure: 'successRatio', format: formatPercent },
  { title: 'attempts', figure: 'attempts', format: (value) => value.toFixed(3) },
  { title: 'gini', figure: 'loadGini', format: (value) => value.toFixed(3) },
  { title: 'decision', figure: 'decisionMicros', format: (value) => `${formatNumber(value)} µs` }
]

function cell({ format, spread }: Column, { mean, high }: Estimate): string {
  return spread === true && high !== null ? `${format(mean)} ±${format(high - mean)}` : format(mean)
}

/** The results as a table for a terminal, a line a policy. */
export function simulationTable(policies: readonly PolicyResult[]): string {
  const rows = [
    ['policy', ...COLUMNS.map(({ title }) => title)],
    ...policies.map((result) => [result.policy, ...COLUMNS.map((column) => cell(column, result[column.figure]))])
  ]
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  const line = (row: readonly string[]) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])))
  return rows.map((row) => `${line(row).join('  ')}\n`).join('')
}
