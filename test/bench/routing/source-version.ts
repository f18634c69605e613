import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { ResolvedScenario } from '../../../src/simulation/scenario/scenario.ts'

/** Where a run starts, and the parameters that it reads. */
const ENTRY = new URL('../../../src/simulation/run-worker.ts', import.meta.url)
const PARAMETERS = new URL('../../../data/workload/', import.meta.url)

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

/**
 * Changes whenever the outcome of a run might: a digest of every source file that a run loads, and of the workload's parameters.
 * What only shows results does not count.
 */
export function sourceVersion(): string {
  const parameters = readdirSync(PARAMETERS).sort()
  const files = [...importClosure(ENTRY), ...parameters.map((name) => new URL(name, PARAMETERS))]
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** Names a run for good: another scenario, policy, seed, source or trace is another run. */
export function runKey(source: string, scenario: ResolvedScenario, policy: string, seed: number): string {
  const hash = createHash('sha256').update(JSON.stringify([source, scenario, policy, seed]))
  if (scenario.workload.kind === 'trace') hash.update(readFileSync(scenario.workload.path))
  return hash.digest('hex').slice(0, 32)
}
