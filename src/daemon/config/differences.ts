import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config-schema.ts'

/** What may be done about a changed section: nothing, take it over in the running daemon, or restart. */
export type Reload = 'nothing' | 'apply' | 'restart'

/** Of every section. */
export const RELOAD = {
  $schema: 'nothing',
  listen: 'restart',
  keys: 'apply',
  cors: 'apply',
  bodyLimitMb: 'restart',
  network: 'restart',
  crowdllama: 'restart',
  backends: 'apply',
  local: 'restart',
  routing: 'restart',
  rules: 'apply',
  classes: 'apply',
  defaults: 'apply',
  journal: 'restart',
  throughput: 'restart',
  log: 'apply',
  telemetry: 'restart',
  drainSeconds: 'apply'
} as const satisfies Readonly<Record<keyof Config, Reload>>

type Section = keyof typeof RELOAD

interface ConfigDifference {
  readonly section: Section
  /** `listen.port`, `backends.gpu-1` (entries with names by their names), `rules`. Values are left out: they may be secret. */
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
}

export interface ConfigDifferences {
  /** Can be taken over while the daemon runs. */
  readonly apply: readonly ConfigDifference[]
  /** Come with the next start. */
  readonly restart: readonly ConfigDifference[]
}

/**
 * What changes between two configurations, in the order of the sections. Keys that are referred to, by variable or file, may change
 * without a difference here.
 */
export function configDifferences(before: Config, after: Config): ConfigDifferences {
  const all = (Object.keys(RELOAD) as Section[]).flatMap((section) =>
    RELOAD[section] === 'nothing' ? [] : differences(section, before, after)
  )
  // Whether there is a local swarm is decided at the start.
  const swarmComesOrGoes = usesLocalSwarm(before) !== usesLocalSwarm(after)
  const needsRestart = ({ section }: ConfigDifference) =>
    RELOAD[section] === 'restart' || (section === 'backends' && swarmComesOrGoes)
  return { apply: all.filter((each) => !needsRestart(each)), restart: all.filter(needsRestart) }
}

/** Whether jobs run on simulated workers of this machine: where there is nothing else. */
export function usesLocalSwarm({ network, crowdllama, backends }: Pick<Config, 'network' | 'crowdllama' | 'backends'>): boolean {
  return network === undefined && crowdllama === undefined && backends.length === 0
}

function differences(section: Section, before: Config, after: Config): ConfigDifference[] {
  return inside(section, before[section], after[section]).map((found) => ({ section, ...found }))
}

type Found = Omit<ConfigDifference, 'section'>

/** Goes into objects, and into lists whose entries have names. */
function inside(path: string, before: unknown, after: unknown): Found[] {
  if (isDeepStrictEqual(before, after)) return []
  if (before === undefined) return [{ path, change: 'added' }]
  if (after === undefined) return [{ path, change: 'removed' }]
  const [old, now] = [entriesOf(before), entriesOf(after)]
  if (old === undefined || now === undefined) return [{ path, change: 'changed' }]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  // An entry of a list is one thing; the field of an object may hold others.
  const found = names.flatMap((name) => inside(`${path}.${name}`, old.get(name), now.get(name)))
  return found.length > 0 ? found : [{ path, change: 'changed' }]
}

type Fields = ReadonlyMap<string, unknown>

function entriesOf(value: unknown): Fields | undefined {
  if (Array.isArray(value)) return named(value)
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

function named(list: readonly unknown[]): Fields | undefined {
  const isNamed = (entry: unknown): entry is { readonly name: string } =>
    typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
  return list.every(isNamed) ? new Map(list.map((entry) => [entry.name, entry])) : undefined
}
