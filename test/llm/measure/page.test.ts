import { describe, expect, it } from 'vitest'
import type { Answer } from '../ask.ts'
import type { Placed } from './contestants.ts'
import { figuresOf } from './figures.ts'
import { figuresText, type Measurement, withFigures } from './page.ts'
import type { Result } from './replay.ts'

const answered = (peer: string, durationMs: number): Result => {
  const answer: Placed<Answer> = {
    peer,
    durationMs,
    firstTokenMs: 100,
    promptTokens: 9,
    outputTokens: 20,
    text: '',
    finishReason: 'stop'
  }
  return { kind: 'answered', answer }
}
const results = [answered('fast', 1000), answered('fast', 2000), answered('slow', 3000), { kind: 'failed', why: 'gone' } as const]
const figures = figuresOf(results)

describe('figures', () => {
  it('are of the answers that came, and count those that did not', () => {
    expect(figures).toMatchObject({ answered: 3, failed: 1, reasons: { gone: 1 }, tokensPerSecond: 10 })
    expect(figures.durationMs).toEqual({ mean: 2000, p50: 2000, p95: 2900 })
    expect(figures.firstTokenMs!.mean).toBeCloseTo(100)
    expect(figures.shares).toEqual({ fast: 2 / 3, medium: 0, slow: 1 / 3 })
  })

  it('of nothing are none', () => {
    expect(figuresOf([])).toMatchObject({ answered: 0, failed: 0, durationMs: null, tokensPerSecond: null })
  })
})

describe('the page', () => {
  const measurement: Measurement = {
    command: 'npm run measure:llm',
    versions: { peerbandit: '1', node: '22', 'node-llama-cpp': '3' },
    machine: { platform: 'linux', cpus: 2, cpu: 'a CPU', loadAverage: 0.5 },
    model: 'a model',
    jobs: 4,
    outageJobs: 2,
    meanGapMs: 500,
    loadRatio: 0.3,
    alone: { fast: figures, medium: figures, slow: figuresOf([]) },
    contestants: [{ name: 'ours', what: 'as it comes', whole: figures, outage: { ...figures, continued: 1 } }]
  }
  const page = ['before', '<!-- figures of npm run measure:llm: what stands here is written over -->', 'old']
  const after = ['<!-- end of the figures -->', 'after']

  it('has the figures between its markers, and all else as it was', () => {
    const text = figuresText(measurement)
    const once = withFigures([...page, ...after].join('\n'), text)
    expect(once).toMatch(/^before\n.*written over -->\n\n`npm run/)
    expect(once).toMatch(/\n\n<!-- end of the figures -->\nafter$/)
    expect(once).not.toContain('old')
    expect(withFigures(once, text)).toBe(once)
    expect(text).toMatch(/ours \| +2\.00 \| +2\.00 \| +2\.90 \|/)
  })

  it('without markers is left alone', () => {
    expect(() => withFigures(page.join('\n'), 'new')).toThrow(/must have the lines/)
  })
})
