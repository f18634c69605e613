import { describe, expect, it } from 'vitest'
import { studentTCdf, studentTReach } from '../../src/math/student-t.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'

/** Closed forms for a few degrees of freedom, written so that nothing cancels in the lower tail. */
const CLOSED_FORMS: Readonly<Record<number, (x: number) => number>> = {
  1: (x) => (x < -1 ? Math.atan(-1 / x) / Math.PI : 0.5 + Math.atan(x) / Math.PI),
  2: (x) => 1 / (Math.sqrt(2 + x * x) * (Math.sqrt(2 + x * x) - x)),
  4: (x) => {
    const r = x / Math.sqrt(1 + (x * x) / 4)
    return 0.5 + (3 / 8) * r * (1 - (r * r) / 12)
  }
}

const POINTS = [-10, -2, -1.5, -0.5, -0.01, 0, 0.2, 1, 3]

describe('studentTCdf', () => {
  it.each([1, 2, 4])('agrees with the closed form for %d degrees of freedom', (df) => {
    for (const x of POINTS) expectClose(studentTCdf(x, df), CLOSED_FORMS[df](x), 1e-13, `df ${df}, x ${x}`)
  })

  it('keeps its relative accuracy far out in the lower tail', () => {
    expect(Math.abs(studentTCdf(-1e6, 1) / CLOSED_FORMS[1](-1e6) - 1)).toBeLessThan(1e-12)
  })

  it('has the quantiles of the known posterior', () => {
    interface Expected {
      posterior: [number, number, number, number]
      t_df: number
      t_scale: number
      mean_q05: number
      mean_q95: number
    }
    const { expected } = knownAnswer<unknown, Expected>('nig-posterior')
    const z = (x: number) => (x - expected.posterior[0]) / expected.t_scale
    expectClose(studentTCdf(z(expected.mean_q05), expected.t_df), 0.05, 1e-9, 'lower quantile')
    expectClose(studentTCdf(z(expected.mean_q95), expected.t_df), 0.95, 1e-9, 'upper quantile')
  })

  it('is normal for many degrees of freedom', () => {
    expectClose(studentTCdf(-1.96, 1e7), 0.024997895148220435, 1e-7, 'df 1e7')
  })
})

describe('studentTReach', () => {
  it.each([1, 2, 4, 10, 30])('leaves no more than the tail beyond it for %d degrees of freedom', (df) => {
    const beyond = studentTCdf(-studentTReach(1e-9, df), df)
    expect(beyond).toBeLessThanOrEqual(1.000001e-9)
    expect(beyond, 'and not much less').toBeGreaterThan(1e-11)
  })
})
