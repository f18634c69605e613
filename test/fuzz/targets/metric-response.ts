import fc from 'fast-check'
import { decodeMetric, encodeMetric } from '../../../src/network/pyrsia/metric-codec.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { hostile } from '../mutate.ts'
import { valueOrRefusal } from '../verdict.ts'

/** Any 64 bits behind the right length: NaN of all kinds, infinities, negative and subnormal numbers among them. */
const anyFloat = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bits) => Uint8Array.from([8, ...bits]))
const metric = fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }).map(encodeMetric)

export const target: FuzzTarget = {
  name: 'metric response',
  input: hostile(fc.oneof(metric, anyFloat), 32),
  check(input: Uint8Array) {
    const value = valueOrRefusal(() => decodeMetric(input))
    if (value === undefined) return
    if (!(value >= 0 && value < Infinity)) throw new Error(`took ${value} for a metric`)
    if (decodeMetric(encodeMetric(value)) !== value) throw new Error(`${value} does not come back as it was`)
  }
}
