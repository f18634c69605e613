import { show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/** ms of each unit that Go's `time.ParseDuration` knows. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000
}

/** Longer texts are no durations. */
const LONGEST = 64

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/**
 * A duration as Go writes it: "30s", "1m30s", "1.5h", "10ms". Not negative.
 * @param name what it is, for messages
 * @returns ms
 * @throws ERR_INVALID_OPTION for anything else
 */
export function parseGoDuration(name: string, text: string): number {
  let ms = 0
  let end = 0
  if (text.length <= LONGEST) {
    for (const match of text.matchAll(PART)) {
      ms += Number(match[1]) * UNITS[match[2]]
      end = match.index + match[0].length
    }
  }
  if (text === '0') return 0
  if (end === 0 || end !== text.length || !Number.isFinite(ms)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name} must be a duration with units, as "30s", "1m30s" or "10ms", got ${show(text.slice(0, LONGEST))}`
    )
  }
  // Thousandths of a ms are what the sum of decimal fractions is good for.
  return Math.round(ms * 1e6) / 1e6
}

/** As Go source: `30 * time.Second`. @param ms an integer ≥ 0 */
export function goDurationSource(ms: number): string {
  if (ms === 0) return '0'
  for (const [unit, name] of [
    [3_600_000, 'time.Hour'],
    [60_000, 'time.Minute'],
    [1000, 'time.Second']
  ] as const) {
    if (ms % unit === 0) return ms === unit ? name : `${ms / unit} * ${name}`
  }
  return ms === 1 ? 'time.Millisecond' : `${ms} * time.Millisecond`
}
