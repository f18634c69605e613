import { PeerbanditError } from '../core/errors.ts'

/** Deeper than anything of ours, and far from where a recursion ends badly. */
const DEEPEST = 50

/**
 * The one text of what was read from JSON, whatever the order of its keys and its white space: what a hash is taken of.
 * @param value of JSON.parse
 * @throws ERR_MODEL for more than 50 levels
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw new PeerbanditError('ERR_MODEL', `throughput model: more than ${DEEPEST} levels deep`)
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry, depth + 1)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry, depth + 1)}`).join(',')}}`
}
