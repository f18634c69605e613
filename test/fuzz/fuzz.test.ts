import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PeerbanditError } from '../../src/core/errors.ts'
import { fuzz, loadTarget, targetFiles } from './fuzz-run.ts'
import { hostile } from './mutate.ts'
import { valueOrRefusal } from './verdict.ts'

const SHORT = { runs: 300, seed: 20_260_101, timeLimitMs: 2_000 }

describe('every codec, given what a hostile peer would send,', async () => {
  const targets = await Promise.all((await targetFiles()).map(loadTarget))

  it.each(targets.map((target) => [target.name, target] as const))('gives a value or refuses: %s', async (_, target) => {
    const report = await fuzz(target, SHORT)
    expect(report.failures).toEqual([])
    expect(report.inputs).toBe(SHORT.runs)
  })
})

describe('the fuzz run', () => {
  const input = fc.integer({ min: 0, max: 1_000_000 })

  it('counts values and refusals', async () => {
    const refuse = () => {
      throw new PeerbanditError('ERR_PROTOCOL', 'no')
    }
    const check = (value: number) => void valueOrRefusal(() => (value % 2 === 0 ? value : refuse()))
    const report = await fuzz({ name: 'even', input, check }, SHORT)
    expect(report).toMatchObject({ inputs: 300, failures: [] })
    expect(report.values + report.refusals).toBe(300)
    expect(Math.min(report.values, report.refusals)).toBeGreaterThan(50)
  })

  it('finds a crash, makes its input small, and goes on', async () => {
    const check = (value: number) =>
      void valueOrRefusal(() => {
        if (value >= 900_000) throw new TypeError('cannot read properties of undefined')
      })
    const report = await fuzz({ name: 'crash', input, check }, { ...SHORT, runs: 2_000 })
    expect(report.crashes).toBeGreaterThan(1)
    expect(report.failures).toHaveLength(1)
    expect(report.failures[0]).toMatchObject({ kind: 'crash', input: '900000' })
    expect(report.failures[0].message).toContain('cannot read properties of undefined')
  })

  it('finds an input that is waited for in vain', async () => {
    const check = () => new Promise<void>(() => undefined)
    const report = await fuzz({ name: 'hang', input, check }, { ...SHORT, runs: 2, timeLimitMs: 5 })
    expect(report).toMatchObject({ crashes: 0, hangs: 2, failures: [{ kind: 'hang' }] })
  })

  it('feeds the same inputs under the same seed', async () => {
    const seen: unknown[][] = []
    for (const seed of [1, 1, 2]) {
      const inputs: unknown[] = []
      const check = (value: unknown) => void inputs.push(value)
      await fuzz({ name: 'any', input: hostile(fc.uint8Array()), check }, { ...SHORT, seed, runs: 50 })
      seen.push(inputs)
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).not.toEqual(seen[0])
  })
})
