import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMetric, encodeMetric } from '../../../src/network/pyrsia/metric-codec.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

/** The log of an idle node in Pyrsia's own documents, docs/developers/build_from_source_docker.md. */
const LOGGED = { metric: 51_097_988.576, bytesHex: '08e3a59b248c5d8841' }

describe('a metric as bytes', () => {
  it('is what a Pyrsia node sends', () => {
    expect(hex(encodeMetric(LOGGED.metric))).toBe(LOGGED.bytesHex)
    expect(decodeMetric(bytes(LOGGED.bytesHex))).toBe(LOGGED.metric)
  })

  it.each([
    [0, '080000000000000000'],
    [0.5, '08000000000000e03f'],
    [1, '08000000000000f03f']
  ])('writes %d as %s', (metric, written) => {
    expect(hex(encodeMetric(metric))).toBe(written)
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }), (metric) => {
        expect(decodeMetric(encodeMetric(metric))).toBe(metric + 0)
      })
    )
  })

  it('is read from the middle of a buffer', () => {
    expect(decodeMetric(bytes(`ffff${LOGGED.bytesHex}ff`).subarray(2, 11))).toBe(LOGGED.metric)
  })

  it('loses the sign of a negative zero', () => {
    expect(decodeMetric(bytes('080000000000000080'))).toBe(0)
  })

  it.each([
    ['nothing', ''],
    ['a byte too few', '0800000000000000'],
    ['a byte too many', '08000000000000000000'],
    ['another length', '070000000000000000'],
    ['a length of two bytes', '880000000000000000'],
    ['NaN', '08000000000000f87f'],
    ['NaN with another payload', '08010000000000f0ff'],
    ['infinity', '08000000000000f07f'],
    ['minus infinity', '08000000000000f0ff'],
    ['less than nothing', '08000000000000f0bf']
  ])('is refused where it is %s', (_, text) => {
    expect(() => decodeMetric(bytes(text))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })

  it.each([NaN, Infinity, -1])('of %d is not sent', (metric) => {
    expect(() => encodeMetric(metric)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
