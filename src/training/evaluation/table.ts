import { meanOf } from '../../math/quantile.ts'
import { standardDeviation } from '../../math/rank-correlation.ts'
import type { DivisionFigures, ModelFigures } from './cross-validate.ts'
import type { Figures } from './figures.ts'
import { TARGETS, type Target } from './model.ts'

interface Column {
  readonly title: string
  readonly of: (figures: Figures) => number
  /** Shows the standard deviation over divisions too. */
  readonly spread?: true
}

const COLUMNS: readonly Column[] = [
  { title: 'medAPE', of: ({ medianApe }) => medianApe, spread: true },
  { title: 'p90', of: ({ p90Ape }) => p90Ape },
  { title: 'WAPE', of: ({ wape }) => wape },
  { title: 'logMAE', of: ({ logMae }) => logMae },
  { title: 'R²', of: ({ logR2 }) => logR2 },
  { title: 'cov80', of: ({ coverage }) => coverage, spread: true },
  { title: 'raw', of: ({ rawCoverage }) => rawCoverage },
  { title: 'width', of: ({ logWidth }) => logWidth },
  { title: 'rank', of: (figures) => figures.rankCorrelation },
  { title: 'regret', of: ({ topRegret }) => topRegret },
  { title: 'said', of: ({ answered }) => answered }
]

const TITLES: Readonly<Record<Target, string>> = { speed: 'decode tokens/s', firstToken: 'time to first token' }

/** What is printed where there is nothing to say. */
const MISSING = '–'

function digits(value: number): string {
  if (!Number.isFinite(value)) return MISSING
  return value.toFixed(Math.abs(value) < 9.9995 ? 3 : 1)
}

function cell(column: Column, figures: readonly Figures[]): string {
  if (figures.length === 0) return MISSING
  const values = figures.map(column.of)
  const mean = digits(meanOf(values))
  return column.spread === true && values.length > 1 ? `${mean}±${standardDeviation(values).toFixed(3).slice(1)}` : mean
}

/** Cells under each other, the first column to the left. @param lines at least one, all with as many cells */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  return lines
    .map((line) => line.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '))
    .join('\n')
}

function present(figures: readonly (Figures | undefined)[]): Figures[] {
  return figures.filter((each) => each !== undefined)
}

/** @param of which of a division's figures */
function figuresTable(
  models: readonly ModelFigures[],
  target: Target,
  { title, of }: { readonly title: string; readonly of: (division: DivisionFigures) => Figures | undefined }
): string {
  const lines = models.map(({ name, targets }) => {
    const figures = present(targets[target].map(of))
    return [name, ...COLUMNS.map((column) => cell(column, figures))]
  })
  return aligned([[title, ...COLUMNS.map((column) => column.title)], ...lines])
}

function pooledTable(models: readonly ModelFigures[], target: Target): string {
  return figuresTable(models, target, { title: TITLES[target], of: ({ pooled }) => pooled })
}

/** Parts of which some model says something. */
function partTables(models: readonly ModelFigures[], target: Target): string[] {
  const divisions = models.flatMap(({ targets }) => targets[target])
  const names = new Set(divisions.flatMap(({ parts }) => Object.keys(parts).filter((name) => parts[name] !== undefined)))
  return [...names].map((name) => {
    const rows = Math.max(...divisions.map(({ parts }) => parts[name]?.rows ?? 0))
    return figuresTable(models, target, { title: `${TITLES[target]}, ${name}: ${rows} rows`, of: ({ parts }) => parts[name] })
  })
}

function foldCells(division: DivisionFigures | undefined): string[] {
  return (division?.byFold ?? []).map((figures) =>
    figures === undefined ? MISSING : `${digits(figures.medianApe)} ${digits(figures.coverage)}`
  )
}

function foldTable(models: readonly ModelFigures[], target: Target): string {
  const lines = models.map(({ name, targets }) => [name, ...foldCells(targets[target].at(0))])
  const folds = Math.max(...lines.map((line) => line.length - 1))
  const header = [`${TITLES[target]}, first division`, ...Array.from({ length: folds }, (_, i) => `fold ${i + 1}: medAPE cov80`)]
  return aligned([header, ...lines])
}

/**
 * The figures for a terminal: of all rows together and of parts of them, as means over divisions with standard deviations, and fold by
 * fold for the first division.
 * @param models at least one
 */
export function crossValidationTable(models: readonly ModelFigures[]): string {
  const hasFolds = models.some(({ targets }) => targets.speed.some(({ byFold }) => byFold.length > 0))
  return TARGETS.flatMap((target) => [
    pooledTable(models, target),
    ...partTables(models, target),
    ...(hasFolds ? [foldTable(models, target)] : [])
  ]).join('\n\n')
}
