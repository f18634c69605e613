import { describe, expect, it } from 'vitest'
import { checkComparisonReport } from '../../src/experiment/check-comparison.ts'
import { comparisonReport } from '../../src/experiment/comparison.ts'
import { sampleInput, sampleRows } from './sample-run.ts'

type Json = Record<string, unknown>

const report = comparisonReport(sampleInput({ rows: sampleRows(60) }))

function written(): Json {
  return JSON.parse(JSON.stringify(report)) as Json
}

describe('checkComparisonReport', () => {
  it('takes a report that was written and read', () => {
    expect(checkComparisonReport(written())).toEqual(report)
  })

  it.each(Object.keys(written()))('misses %s', (field) => {
    const rest = Object.entries(written()).filter(([name]) => name !== field)
    expect(() => checkComparisonReport(Object.fromEntries(rest))).toThrow(
      new RegExp(`^comparison report: ${field} must be .*, got nothing$`)
    )
  })

  it.each([
    { change: { format: 'other' }, message: 'format must be "peerbandit-comparison", got "other"' },
    { change: { version: 2 }, message: 'version must be 1, got 2' },
    { change: { utilisation: null }, message: 'utilisation must be a finite number of at least 0, got null' },
    { change: { seed: 'x' }, message: 'seed must be a finite number, got "x"' },
    { change: { arms: {} }, message: 'arms must be a list, got {}' },
    { change: { adaptive: [] }, message: 'adaptive must be an object, got []' },
    {
      change: { adaptive: { ...report.adaptive, successRatio: 1.5 } },
      message: 'adaptive.successRatio must be between 0 and 1, got 1.5'
    },
    {
      change: { rows: [...report.rows, { ...report.rows[0], side: 'third' }] },
      message: `rows[${report.rows.length}].side must be "adaptive" or "static", got "third"`
    },
    { change: { rows: [{ ...report.rows[0], ok: 1 }] }, message: 'rows[0].ok must be true or false, got 1' },
    { change: { timeline: [{ ...report.timeline[0], adaptiveArms: { x: -1 } }] }, message: 'timeline[0].adaptiveArms.x must be' },
    { change: { peers: [{ ...report.peers[0], name: 5 }] }, message: 'peers[0].name must be a string, got 5' }
  ])('refuses a report whose $message', ({ change, message }) => {
    expect(() => checkComparisonReport({ ...written(), ...change })).toThrow(message)
  })

  it.each([null, 7, 'text', []])('refuses %j', (value) => {
    expect(() => checkComparisonReport(value)).toThrow('must be an object')
  })
})
