import { describe, expect, it } from 'vitest'
import { formatClock, formatMs, formatNumber, formatPercent, formatSignedMs, printable } from '../../src/experiment/format.ts'

describe('numbers as people read them', () => {
  it.each([
    [0.01234, 'small', formatNumber(0.01234), '0.0123'],
    [0, 'zero', formatNumber(0), '0'],
    [4.2, 'three digits', formatNumber(4.2), '4.20'],
    [1234.5, 'thousands', formatNumber(1234.5), '1,230'],
    [0.42, 'below a millisecond', formatMs(0.42), '0.420 ms'],
    [420, 'milliseconds', formatMs(420), '420 ms'],
    [999.7, 'just below a second', formatMs(999.7), '1.00 s'],
    [83_100, 'over a minute', formatMs(83_100), '83.1 s'],
    [210_000, 'minutes', formatMs(210_000), '3.50 min'],
    [-1200, 'a decrease', formatSignedMs(-1200), '−1.20 s'],
    [340, 'an increase', formatSignedMs(340), '+340 ms'],
    [1, 'all', formatPercent(1), '100 %'],
    [0, 'none', formatPercent(0), '0 %'],
    [0.983, 'most', formatPercent(0.983), '98.3 %'],
    [0.99961, 'nearly all', formatPercent(0.99961), '99.96 %'],
    [0.0001, 'hardly any', formatPercent(0.0001), '0.01 %'],
    [1 - 1e-9, 'all but one in a billion', formatPercent(1 - 1e-9), '> 99.9999 %'],
    [1e-9, 'one in a billion', formatPercent(1e-9), '< 0.0001 %'],
    [1.2, 'more than all', formatPercent(1.2), '120.0 %'],
    [125_400, 'a clock', formatClock(125_400), '2:05']
  ])('%s (%s) is written %s', (_value, _kind, written, expected) => {
    expect(written).toBe(expected)
  })

  it('drops characters that could move the cursor or turn the text around', () => {
    expect(printable('a\u001b[2Jb\u202ec\nd\u0000')).toBe('a[2Jbcd')
  })
})
