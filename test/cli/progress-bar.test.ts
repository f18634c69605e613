import { describe, expect, it } from 'vitest'
import { progressBar } from '../../src/cli/progress-bar.ts'

function screen(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

describe('a progress bar', () => {
  it('is drawn over itself on a terminal, and taken away at the end', () => {
    const terminal = screen(true)
    const bar = progressBar(terminal)
    bar.show(0.5, 'half')
    bar.end()
    expect(terminal.written).toEqual([`\r\u001b[K${'█'.repeat(12)}${'░'.repeat(12)}  50 %  half`, '\r\u001b[K'])
  })

  it('is a line now and then elsewhere', () => {
    const log = screen(false)
    const bar = progressBar(log)
    for (const ratio of [0, 0.01, 0.05, 0.06, 1]) bar.show(ratio, 'work')
    bar.end()
    expect(log.written).toEqual(['  0 %  work\n', '  5 %  work\n', '100 %  work\n'])
  })
})
