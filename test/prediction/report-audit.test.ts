import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { fastNormal } from '../../src/prediction/fast-normal.ts'
import { ReportAudit } from '../../src/prediction/report-audit.ts'

const START_MS = 1_700_000_000_000
const TRUE_LOG_PACE = 3

/** After so many reports, each beside an observation: what the audit makes of one more. */
function audited(reportOf: (turn: number) => number, times = 200, observedOf: (turn: number) => number = () => TRUE_LOG_PACE) {
  const audit = new ReportAudit()
  for (let turn = 0; turn < times; turn++) {
    audit.observed(observedOf(turn), START_MS + turn * 1_000)
    audit.read(reportOf(turn), START_MS + turn * 1_000 + 200)
  }
  return { audit, read: audit.read(reportOf(times), START_MS + 1e9) }
}

describe('the audit of reported paces', () => {
  it('takes a report of somebody unknown as it is, with doubt', () => {
    const { logPace, noise } = new ReportAudit().read(2, START_MS)
    expect(logPace).toBe(2)
    expect(noise).toBeGreaterThan(0.2)
  })

  it('comes to trust who reports what is observed', () => {
    const { logPace, noise } = audited(() => TRUE_LOG_PACE).read
    expect(logPace).toBeCloseTo(TRUE_LOG_PACE, 9)
    expect(noise).toBeLessThan(0.025)
    expect(noise).toBeGreaterThan(0)
  })

  it.each([
    ['twice as fast as it is', -Math.log(2)],
    ['a third slower than it is', Math.log(4 / 3)]
  ])('corrects who always reports to be %s, and trusts it then', (_, exaggeration) => {
    const { logPace, noise } = audited(() => TRUE_LOG_PACE + exaggeration).read
    expect(logPace).toBeCloseTo(TRUE_LOG_PACE, 3)
    expect(noise).toBeLessThan(0.03)
  })

  it('corrects also where the pace itself changes', () => {
    const paceOf = (turn: number) => 3 + Math.sin(turn / 10)
    const { logPace } = audited((turn) => paceOf(turn) - 0.7, 300, paceOf).read
    expect(logPace).toBeCloseTo(paceOf(300), 3)
  })

  it('makes nothing of who reports at random', () => {
    const normal = fastNormal(5)
    const { noise } = audited(() => TRUE_LOG_PACE + 2 * normal()).read
    // An observation of our own has a hundredth of that.
    expect(noise).toBeGreaterThan(1)
  })

  it('believes the less the wider reports scatter', () => {
    const rng = pcg32(3n)
    const noises = [0, 0.2, 0.5, 1].map((width) => audited(() => TRUE_LOG_PACE + width * (2 * rng.next() - 1)).read.noise)
    expect(noises).toEqual([...noises].sort((a, b) => a - b))
    expect(noises[3]).toBeGreaterThan(5 * noises[0])
  })

  it('holds a report only against what was observed at the same time', () => {
    const audit = new ReportAudit()
    const before = audit.state()
    audit.observed(3, START_MS)
    for (const atMs of [START_MS + 60_000, START_MS - 60_000]) audit.read(9, atMs)
    expect(audit.state()).toEqual(before)
    audit.read(9, START_MS + 500)
    expect(audit.state()).not.toEqual(before)
  })

  it('is not thrown by one absurd report', () => {
    const { audit } = audited(() => TRUE_LOG_PACE)
    audit.observed(TRUE_LOG_PACE, START_MS + 2e9)
    audit.read(-20, START_MS + 2e9)
    expect(audit.read(TRUE_LOG_PACE, START_MS + 3e9).noise).toBeLessThan(0.5)
  })

  it('goes on from its state', () => {
    const { audit } = audited((turn) => 2.5 + (turn % 3) / 5)
    const fresh = new ReportAudit()
    fresh.restore(audit.state())
    expect(fresh.read(2.7, START_MS)).toEqual(audit.read(2.7, START_MS + 1e9))
  })
})
