import { describe, expect, it } from 'vitest'
import { comparisonReport } from '../../src/experiment/comparison.ts'
import { renderReportText } from '../../src/experiment/report-text.ts'
import { sampleInput, sampleRows } from './sample-run.ts'

const lines = renderReportText(comparisonReport(sampleInput())).split('\n')

describe('renderReportText', () => {
  it('fits a terminal', () => {
    expect(lines.length).toBeLessThanOrEqual(40)
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(100)
  })

  it('begins with the verdict', () => {
    expect(lines[0]).toMatch(/^The adaptive side took \S+ % less time per job than static weights/)
  })

  it('lines up the figures of both sides with their ratio', () => {
    const mean = lines.find((line) => line.startsWith('Mean time per job'))
    expect(mean).toMatch(/^Mean time per job +\d\.\d\d s +\d\.\d\d s +×0\.\d{3}$/)
    const table = lines.slice(lines.indexOf(mean ?? '') - 1).slice(0, 10)
    expect(new Set(table.map((line) => line.length)).size, table.join('\n')).toBe(1)
  })

  it('names the arms that were followed most and sums up the rest', () => {
    expect(lines.filter((line) => line.startsWith('predicted-completion'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('4 others'))).toHaveLength(1)
  })

  it('stays within its lines however many arms and peers there are, and lets no name move the cursor', () => {
    const input = sampleInput({ rows: sampleRows(50) })
    const peers = Array.from({ length: 60 }, (_, index) => ({
      ...input.peers[0],
      name: `\u001b[2J\n${'long'.repeat(20)} ${index}`,
      incident: 'many words '.repeat(20)
    }))
    const text = renderReportText(comparisonReport({ ...input, peers }))
    expect(text).toContain('and 50 more')
    expect(text).not.toContain('\u001b')
    expect(text.split('\n').length).toBeLessThanOrEqual(40)
    for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(100)
  })

  it('prints a dash for what is missing', () => {
    const rows = sampleRows(20).map((row) => ({ ...row, ok: false, firstTokenMs: null, outputTokens: 0 }))
    const agreement = { algorithms: 8, decisions: 0, topShare: null, meanDistinct: null, meanTau: null }
    const text = renderReportText(comparisonReport(sampleInput({ rows, beliefs: [], agreement })))
    expect(text).toMatch(/^Median to first token +– +– +–$/m)
    expect(text).not.toMatch(/undefined|NaN|null|Infinity/)
  })
})
