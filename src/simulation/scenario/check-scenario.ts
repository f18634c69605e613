import type { z } from 'zod'
import { show } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { jobsIn, scenarioSchema } from './scenario-schema.ts'
import type { PeerGroup, ResolvedScenario } from './scenario.ts'

type Path = readonly PropertyKey[]

/** Longer values are cut in errors. */
const SHOWN_CHARACTERS = 80

interface Wrong {
  readonly path: Path
  /** Completes "must be …". */
  readonly wanted: string
  readonly value: unknown
}

function refuse(origin: string, { path, wanted, value }: Wrong): never {
  const where = path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('')
  const shown = value === undefined ? 'nothing' : show(value)
  const cut = shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown
  throw new PeerbanditError('ERR_INVALID_OPTION', `${origin}${where === '' ? '' : `: ${where}`} must be ${wanted}, got ${cut}`)
}

type Issues = readonly z.core.$ZodIssue[]

/** How far a value is from a shape: one of another type altogether is further than any that has wrong fields. */
function distance(issues: Issues): number {
  return issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0) ? Infinity : issues.length
}

/** Of several shapes that a value may have, the one that it comes closest to says what is wrong. */
function closest(variants: readonly Issues[]): Issues {
  return variants.reduce((best, issues) => (distance(issues) < distance(best) ? issues : best))
}

/** The first thing that is wrong, at its innermost path. */
function firstWrong([issue]: Issues, document: unknown, outer: Path = []): Wrong {
  const path = [...outer, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return firstWrong(closest(issue.errors), document, path)
  const full = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]] : path
  return { path: full, wanted: issue.message, value: valueAt(document, full) }
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key], document)
}

/** The names of a group's peers. */
export function namesOf({ name, count = 1 }: Pick<PeerGroup, 'name' | 'count'>): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`)
}

/**
 * Checks a scenario document: every field, its kind and its range; and fills in defaults.
 * @param origin names the document in errors, usually its file
 * @throws ERR_INVALID_OPTION with the path of the first field that does not hold
 */
export function checkScenario(value: unknown, origin: string): ResolvedScenario {
  const result = scenarioSchema.safeParse(value)
  if (!result.success) refuse(origin, firstWrong(result.error.issues, value))
  const { durationMs = 0, jobs = jobsIn(durationMs, result.data.workload), peersPerRouter = Infinity, ...checked } = result.data
  const seen = new Set<string>()
  for (const [index, group] of checked.peers.entries()) {
    for (const peer of namesOf(group)) {
      if (seen.has(peer)) refuse(origin, { path: ['peers', index, 'name'], wanted: 'one that no other peer has', value: peer })
      seen.add(peer)
    }
  }
  return { ...checked, jobs, peersPerRouter }
}
