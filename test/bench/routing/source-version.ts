import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { CONTESTANTS, modelFileOf } from '../../../src/simulation/contestant.ts'
import type { ResolvedScenario } from '../../../src/simulation/scenario/scenario.ts'

/** Where a run starts, and the parameters that it reads. */
const ENTRY = new URL('../../../src/simulation/run-worker.ts', import.meta.url)
const PARAMETERS = new URL('../../../data/', import.meta.url)
/** What only those load who predict, and what the others have in its place. */
const PREDICTION = new URL('../../../src/prediction/', import.meta.url)
const NO_PREDICTION = new URL('no-predictor.ts', PREDICTION)

const IMPORT = /(?:from|import\() ?'(\.[^']+)'/g

/** A file and everything of ours that it imports, in order of their names. */
export function importClosure(entry: URL): readonly URL[] {
  const found = new Map<string, URL>()
  const visit = (file: URL) => {
    if (found.has(file.href)) return
    found.set(file.href, file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(IMPORT)) visit(new URL(path, file))
  }
  visit(entry)
  return [...found.values()].sort((a, b) => (a.href < b.href ? -1 : 1))
}

/** Rules and bounds are given no predictor: a change of it is none of theirs. */
const WITHOUT_PREDICTION = new Set(CONTESTANTS.flatMap(({ id, kind }) => (kind === 'rival' || kind === 'bound' ? [id] : [])))

/** Digests of what the outcome of a run depends on. */
export interface SourceVersion {
  /** Of a run in general. */
  readonly all: string
  /** Of one of a contestant that predicts nothing. */
  readonly withoutPrediction: string
}

/**
 * Changes whenever the outcome of a run might: a digest of every source file that a run loads, and of the parameters in data/.
 * What only shows results does not count.
 */
export function sourceVersion(): SourceVersion {
  const parameters = readdirSync(PARAMETERS, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.json'))
    .sort()
  const files = [...importClosure(ENTRY), ...parameters.map((name) => new URL(name, PARAMETERS))]
  const others = files.filter(({ href }) => !href.startsWith(PREDICTION.href) || href === NO_PREDICTION.href)
  return { all: digestOfAll(files), withoutPrediction: digestOfAll(others) }
}

function digestOfAll(files: readonly URL[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** Every text in a document, at any depth. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Names runs for good: another scenario, policy, seed, source, or file that the scenario names, is another run. */
export function runKeys(source: SourceVersion): (scenario: ResolvedScenario, policy: string, seed: number) => string {
  const documents = new Map<ResolvedScenario, string>()
  const documentOf = (scenario: ResolvedScenario): string => {
    const files = textsIn(scenario).filter((text) => statSync(text, { throwIfNoEntry: false })?.isFile() === true)
    return JSON.stringify([scenario, files.map(digestOf)])
  }
  const sourceOf = (policy: string) => {
    const model = modelFileOf(policy)
    if (model !== undefined) return [source.all, digestOf(model)]
    return WITHOUT_PREDICTION.has(policy) ? source.withoutPrediction : source.all
  }
  return (scenario, policy, seed) => {
    const document = documents.get(scenario) ?? documentOf(scenario)
    documents.set(scenario, document)
    return createHash('sha256')
      .update(JSON.stringify([sourceOf(policy), document, policy, seed]))
      .digest('hex')
      .slice(0, 32)
  }
}
