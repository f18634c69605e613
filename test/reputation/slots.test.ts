import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SummarySlots } from '../../src/reputation/slots.ts'
import { checkSummary, compareSummaries, MAX_SUMMARY_PEERS, type Summary } from '../../src/reputation/summary.ts'
import { NOW_MS, summaries, summaryOf } from './arbitraries.ts'

function merged(all: readonly Summary[]): unknown {
  const slots = new SummarySlots()
  for (const summary of all) slots.merge(summary, 'group')
  return [...slots.entries()].map(([router, { summary }]) => [router, summary])
}

describe('slots', () => {
  it('come to the same whatever the order, and however often', () => {
    fc.assert(
      fc.property(fc.array(summaries(), { maxLength: 8 }), fc.array(fc.nat()), (all, picks) => {
        const again = picks.filter(() => all.length > 0).map((pick) => all[pick % all.length])
        // Commutative and idempotent: any order, with any of them once more.
        expect(merged([...again, ...[...all].reverse(), ...again])).toEqual(merged(all))
      })
    )
  })

  it('come to the same however they are grouped', () => {
    fc.assert(
      fc.property(fc.array(summaries()), fc.array(summaries()), fc.array(summaries()), (a, b, c) => {
        const states = (all: readonly Summary[]) => (merged(all) as [string, Summary][]).map(([, summary]) => summary)
        expect(merged([...states([...a, ...b]), ...c])).toEqual(merged([...a, ...states([...b, ...c])]))
      })
    )
  })

  it('change with a newer summary of the same router, and with nothing else', () => {
    const slots = new SummarySlots()
    expect(slots.merge(summaryOf('r', { successes: 20 }, 5), 'g')).toBe(true)
    expect(slots.merge(summaryOf('r', { successes: 20 }, 5), 'g')).toBe(false)
    expect(slots.merge(summaryOf('r', { successes: 30 }, 4), 'g')).toBe(false)
    expect(slots.get('r')?.tallies.get('peer')?.successes).toBe(20)
    expect(slots.merge(summaryOf('r', { successes: 11 }, 6), 'g')).toBe(true)
    expect(slots.get('r')?.tallies.get('peer')?.successes).toBe(11)
  })

  it('order all summaries of a router', () => {
    const one = summaries({ routers: ['r'] })
    fc.assert(
      fc.property(one, one, (a, b) => {
        expect(Math.sign(compareSummaries(a, b))).toBe(-Math.sign(compareSummaries(b, a)) + 0)
      })
    )
  })
})

describe('a summary', () => {
  const sound = summaryOf('router')
  const wrong: readonly (readonly [string, Partial<Summary>])[] = [
    ['an empty router', { router: '' }],
    ['a router of too many characters', { router: 'r'.repeat(200) }],
    ['a sequence of 0', { sequence: 0 }],
    ['a sequence that no integer holds', { sequence: 2 ** 60 }],
    ['a time that is NaN', { atMs: NaN }],
    ['a time before the epoch', { atMs: -1 }],
    ['a word about itself', { peers: [{ ...sound.peers[0], peer: 'router' }] }],
    ['a peer twice', { peers: [sound.peers[0], sound.peers[0]] }],
    ['peers out of order', { peers: [{ ...sound.peers[0], peer: 'z' }, sound.peers[0]] }],
    ['a count that is NaN', { peers: [{ ...sound.peers[0], failures: NaN }] }],
    [
      'too many peers',
      { peers: Array.from({ length: MAX_SUMMARY_PEERS + 1 }, (_, i) => ({ ...sound.peers[0], peer: `p${1000 + i}` })) }
    ]
  ]

  it.each(wrong)('may not hold %s', (_, over) => {
    expect(() => checkSummary({ ...sound, ...over })).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }) as Error)
  })

  it('is taken as it is otherwise', () => {
    expect(checkSummary(sound)).toBe(sound)
    expect(sound.atMs).toBe(NOW_MS)
  })
})
