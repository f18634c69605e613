import { describe, expect, it } from 'vitest'
import { isPeerbanditError } from '../../src/core/errors.ts'
import { checkQuery, type ThroughputQuery } from '../../src/throughput/query.ts'

describe('a query', () => {
  it('may leave everything open', () => {
    const query = {}
    expect(checkQuery(query)).toBe(query)
  })

  it.each(['gpuCount', 'promptTokens', 'outputTokens', 'concurrency', 'vramGb', 'paramsB', 'claimedTokensPerSecond', 'rttMs'])(
    'has a finite %s',
    (field) => {
      for (const value of [NaN, Infinity, -Infinity, -1]) {
        expect(() => checkQuery({ [field]: value })).toThrow(new RegExp(`^${field} must be`))
      }
      expect(checkQuery({ [field]: 1 })).toEqual({ [field]: 1 })
    }
  )

  it.each<[query: ThroughputQuery]>([[{ gpuCount: 0.5 }], [{ promptTokens: 0 }], [{ vramGb: 0 }], [{ paramsB: 0 }]])(
    'has figures in their range, not %j',
    (query) => {
      try {
        checkQuery(query)
        expect.unreachable()
      } catch (error) {
        expect(isPeerbanditError(error, 'ERR_INVALID_OPTION')).toBe(true)
      }
    }
  )

  it('may have nothing claimed and no distance', () => {
    const query = { claimedTokensPerSecond: 0, rttMs: 0 }
    expect(checkQuery(query)).toBe(query)
  })
})
