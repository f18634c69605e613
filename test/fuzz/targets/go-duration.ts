import fc from 'fast-check'
import { parseGoDuration } from '../../../src/gossip/go-duration.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { valueOrRefusal } from '../verdict.ts'

const part = fc
  .tuple(fc.oneof(fc.nat().map(String), fc.double().map(String)), fc.constantFrom('ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'd', ''))
  .map((parts) => parts.join(''))

/** Texts that are durations, and texts that are like them or like nothing. */
export const target: FuzzTarget = {
  name: 'Go duration',
  input: fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''))
  ),
  check(text: string) {
    const ms = valueOrRefusal(() => parseGoDuration('d', text)) ?? 0
    if (!(Number.isFinite(ms) && ms >= 0)) throw new Error(`${JSON.stringify(text)} is ${ms} ms`)
  }
}
