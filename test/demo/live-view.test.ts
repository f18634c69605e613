import fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { liveView, wantsColor } from '../../src/demo/live-view.ts'
import type { LiveViewOptions } from '../../src/demo/live-view.ts'
import { renderStatus } from '../../src/demo/render-status.ts'
import { bar, cell } from '../../src/demo/terminal-text.ts'
import { statusExample } from './status-example.ts'

interface TerminalSize {
  readonly columns?: number
  readonly rows?: number
  readonly isTty?: boolean
}

function terminal({ columns = 101, rows = 50, isTty = true }: TerminalSize = {}, options?: LiveViewOptions) {
  const clock = manualClock()
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
  }
  return { clock, written, view: liveView({ write, columns: () => columns, rows: () => rows, isTty, clock }, options) }
}

describe('renderStatus', () => {
  it('shows the whole run on a wide terminal', () => {
    expect(renderStatus(statusExample(), 100)).toEqual([
      'peerbandit  2:10   1,500 jobs through each of two swarms',
      '██████████████████████████████████████                                                          40 %',
      '',
      '                done in flight    failed      mean       p95  tokens/s',
      'adaptive         612        14         1    2.10 s    5.31 s     1,320',
      'static           600        28         0    3.42 s    9.80 s     1,170',
      '',
      'arm                    followed  believed',
      'predicted-completion     62.5 %     0.712  ███████████████████████████████████▋',
      'per-token                25.0 %         –  ██████████████▎',
      'standard                 12.5 %     0.640  ███████▏',
      '',
      'peer               link jobs  load       tokens/s  claimed  adaptive              static',
      'falcon             up      3  2/4 +1          118      120    50.0 % █████        25.0 % ██▌',
      'magpie             down    0                    –      240       0 %              75.0 % ███████▌',
      '',
      '  1:00  heron throttled',
      '  1:40  heron back to full speed',
      '  2:05  magpie left'
    ])
  })

  it('shows a run that has just begun', () => {
    const nothing = { done: 0, inFlight: 0, failed: 0, meanMs: null, p95Ms: null, tokensPerSecond: 0 }
    const status = statusExample({
      elapsedMs: 0,
      totalJobs: 0,
      sides: { adaptive: nothing, static: nothing },
      arms: [],
      peers: [],
      incidents: []
    })
    expect(renderStatus(status, 60)).toEqual([
      'peerbandit  0:00   0 jobs through each of two swarms',
      '                                                         0 %',
      '',
      '                done in flight    failed      mean       p95',
      'adaptive           0         0         0         –         –',
      'static             0         0         0         –         –',
      ''
    ])
  })

  it('never writes a line longer than the terminal, with colours or without', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (columns, color) => {
        for (const line of renderStatus(statusExample(), columns, { color })) {
          expect([...stripVTControlCharacters(line)].length, line).toBeLessThanOrEqual(columns)
        }
      })
    )
  })

  it('writes colours only when asked to, and the same text with them', () => {
    const plain = renderStatus(statusExample(), 100)
    const colored = renderStatus(statusExample(), 100, { color: true })
    expect(plain.join('')).not.toContain('\u001b')
    expect(colored.join('')).toContain('\u001b[')
    expect(colored.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plain)
  })

  it('lets no name move the cursor', () => {
    const [peer] = statusExample().peers
    const status = statusExample({
      peers: [{ ...peer, name: '\u001b[2Jevil\n', load: '\r\u0007' }],
      incidents: [{ atMs: 0, text: 'a\u001bc' }]
    })
    expect(renderStatus(status, 100).join('')).not.toMatch(/\p{Cc}/u)
  })
})

describe('liveView on a terminal', () => {
  it('hides the cursor, draws over the last drawing, and gives the cursor back', () => {
    const { view, written } = terminal()
    view.show(statusExample())
    view.show(statusExample({ incidents: [] }))
    view.show(statusExample())
    view.stop()
    view.stop()
    expect(written).toHaveLength(4)
    expect(written[0].startsWith('\u001b[?25lpeerbandit')).toBe(true)
    expect(written[1].startsWith('\u001b[19A\rpeerbandit')).toBe(true)
    expect(written[1].endsWith('\u001b[J')).toBe(true)
    expect(written[2].startsWith('\u001b[16A\rpeerbandit')).toBe(true)
    expect(written[3]).toBe('\u001b[?25h')
  })

  it('never draws more lines than the terminal has', () => {
    const { view, written } = terminal({ rows: 10 })
    view.show(statusExample())
    view.show(statusExample())
    expect(written[0].split('\n')).toHaveLength(10)
    expect(written[1].startsWith('\u001b[9A')).toBe(true)
  })

  it('draws nothing after it was stopped, and leaves a cursor alone that it never hid', () => {
    const { view, written } = terminal()
    view.stop()
    view.show(statusExample())
    expect(written).toEqual([])
  })

  it('uses colours as the option says', () => {
    const [plain, colored] = [terminal(), terminal({}, { color: true })]
    plain.view.show(statusExample())
    colored.view.show(statusExample())
    expect(plain.written[0]).not.toContain('\u001b[36m')
    expect(colored.written[0]).toContain('\u001b[36m')
  })
})

describe('liveView on a pipe', () => {
  it.each([
    { options: {}, everyMs: 5000 },
    { options: { lineEveryMs: 1000 }, everyMs: 1000 }
  ])('prints a line at most every $everyMs ms', ({ options, everyMs }) => {
    const { view, written, clock } = terminal({ isTty: false }, options)
    view.show(statusExample())
    clock.advance(everyMs - 1)
    view.show(statusExample())
    expect(written).toEqual(['2:10  40 %  adaptive 612 done, 1 failed, mean 2.10 s; static 600 done, 0 failed, mean 3.42 s\n'])
    clock.advance(1)
    view.show(statusExample())
    expect(written).toHaveLength(2)
    view.stop()
    clock.advance(everyMs)
    view.show(statusExample())
    expect(written).toHaveLength(2)
  })
})

describe('wantsColor', () => {
  it.each([
    { env: {}, isTty: true, wanted: true },
    { env: { NO_COLOR: '' }, isTty: true, wanted: true },
    { env: { NO_COLOR: '1' }, isTty: true, wanted: false },
    { env: { TERM: 'dumb' }, isTty: true, wanted: false },
    { env: {}, isTty: false, wanted: false }
  ])('is $wanted for $env, terminal: $isTty', ({ env, isTty, wanted }) => {
    expect(wantsColor(env, isTty)).toBe(wanted)
  })
})

describe('terminal text', () => {
  it.each([
    { ratio: 0, is: '    ' },
    { ratio: 1, is: '████' },
    { ratio: 0.5, is: '██  ' },
    { ratio: 0.28, is: '█▏  ' },
    { ratio: 7, is: '████' },
    { ratio: -1, is: '    ' }
  ])('draws a bar of $ratio as "$is"', ({ ratio, is }) => {
    expect(bar(ratio, 4)).toBe(is)
  })

  it('cuts and fills cells', () => {
    expect([cell('abcdef', 4), cell('ab', 4), cell('ab', 4, 'right'), cell('ab', 0)]).toEqual(['abc…', 'ab  ', '  ab', ''])
  })
})
