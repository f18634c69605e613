import type { Estimate, PairedFigures } from './figures.ts'
import type { PolicyResult } from './head-to-head.ts'

interface Column {
  readonly title: string
  readonly figure: keyof PairedFigures
  readonly format: (value: number) => string
  /** Shows half the interval too. */
  readonly spread?: true
  /** Stands close to the column before it: rows with the longest names still have 100 characters. */
  readonly close?: true
}

/** As many digits as four characters hold: 0.42, 4.20, 83.1, 1230. */
function fourCharacters(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  return value.toFixed(value < 99.95 ? 1 : 0)
}

/** 0.975, 12.3 */
function ratio(value: number): string {
  return value < 9.9995 ? value.toFixed(3) : value.toFixed(1)
}

/** ±.012, ±1.23 */
function halfInterval(value: number): string {
  return `±${value < 0.9995 ? value.toFixed(3).slice(1) : fourCharacters(value)}`
}

/** Percent, rounded down: 100 only when nothing failed. */
function percent(value: number): string {
  return value === 1 ? '100' : (Math.floor(1000 * value) / 10).toFixed(1)
}

function columnsOf(msPerUnit: number): readonly Column[] {
  const time = (ms: number) => fourCharacters(ms / msPerUnit)
  return [
    { title: '× mean', figure: 'ratioMean', format: ratio, spread: true },
    { title: '× p99', figure: 'ratioP99', format: ratio, spread: true },
    { title: 'mean', figure: 'meanMs', format: time },
    { title: 'p50', figure: 'p50Ms', format: time, close: true },
    { title: 'p95', figure: 'p95Ms', format: time, close: true },
    { title: 'p99', figure: 'p99Ms', format: time, close: true },
    { title: 'ok %', figure: 'successRatio', format: percent },
    { title: 'tries', figure: 'attempts', format: fourCharacters },
    { title: 'gini', figure: 'loadGini', format: fourCharacters },
    { title: 'µs', figure: 'decisionMicros', format: fourCharacters }
  ]
}

function cell({ format, spread }: Column, { mean, high }: Estimate): string {
  return spread === true && high !== null ? `${format(mean)}${halfInterval(high - mean)}` : format(mean)
}

/** Below this, times are told in ms. */
const SECONDS_FROM_MS = 1000

/** The results as a table for a terminal, a line a policy, under a line that tells what the columns are. */
export function simulationTable(policies: readonly PolicyResult[]): string {
  const inSeconds = policies.some(({ p99Ms }) => p99Ms.mean >= SECONDS_FROM_MS)
  const columns = columnsOf(inSeconds ? 1000 : 1)
  const rows = [
    ['policy', ...columns.map(({ title }) => title)],
    ...policies.map((result) => [result.policy, ...columns.map((column) => cell(column, result[column.figure]))])
  ]
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  const padded = ([name, ...cells]: readonly string[]) =>
    cells.reduce((line, text, i) => {
      const gap = columns[i].close === true ? ' ' : '  '
      return `${line}${gap}${text.padStart(widths[i + 1])}`
    }, name.padEnd(widths[0]))
  const legend = `times in ${inSeconds ? 's' : 'ms'}; tries: peers a job; gini: of the peers' loads; µs: a decision, as measured`
  return `${legend}\n\n${rows.map((row) => `${padded(row)}\n`).join('')}`
}
