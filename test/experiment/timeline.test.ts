import { describe, expect, it } from 'vitest'
import { timelineOf } from '../../src/experiment/timeline.ts'
import { sampleRows } from './sample-run.ts'

describe('timelineOf', () => {
  it('puts every job into the slice of its arrival', () => {
    const [first] = sampleRows(1)
    const at = (arrivalMs: number, durationMs: number, arm: string) => ({
      ...first,
      side: 'adaptive' as const,
      arrivalMs,
      durationMs,
      arm
    })
    const rows = [
      at(0, 100, 'a'),
      at(40, 300, 'b'),
      at(100, 700, 'a'),
      { ...first, side: 'static' as const, arrivalMs: 60, durationMs: 50 }
    ]
    expect(timelineOf(rows, 2)).toEqual([
      { atMs: 25, adaptiveMeanMs: 200, staticMeanMs: null, adaptiveArms: { a: 1, b: 1 } },
      { atMs: 75, adaptiveMeanMs: 700, staticMeanMs: 50, adaptiveArms: { a: 1 } }
    ])
  })

  it('loses no job', () => {
    const counted = timelineOf(sampleRows(200), 7).flatMap(({ adaptiveArms }) => Object.values(adaptiveArms))
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(200)
  })

  it('holds for a run of a single moment', () => {
    const rows = sampleRows(1).map((row) => ({ ...row, arrivalMs: 0 }))
    expect(timelineOf(rows, 1)).toHaveLength(1)
  })
})
