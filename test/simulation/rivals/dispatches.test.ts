import { describe, expect, it } from 'vitest'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { dispatches } from '../../../src/simulation/rivals/dispatches.ts'
import { JOB, success } from './world.ts'

function sending() {
  const table = peerTable()
  const row = table.add('a', 0)
  const sent = dispatches<string>(table)
  return {
    table,
    row,
    sent,
    /** A job of so many tokens gets a place at the peer. */
    send: (expectedOutputTokens: number, note: string) => {
      sent.send(0, { table, rows: Int32Array.of(row), count: 1, atMs: 5, seed: 0 }, { ...JOB, expectedOutputTokens }, note)
      table.addInFlight(row, 1)
    },
    end: (expectedOutputTokens: number, inFlightAtDispatch: number) => {
      table.addInFlight(row, -1)
      return sent.end('a', { ...success({ durationMs: 1 }), expectedOutputTokens, inFlightAtDispatch })
    }
  }
}

describe('dispatches', () => {
  it('give back what was noted of the job that ended, in whatever order jobs end', () => {
    const { send, end, sent } = sending()
    send(10, 'first')
    send(20, 'second')
    send(10, 'third')
    expect(sent.at('a').map(({ note }) => note)).toEqual(['first', 'second', 'third'])
    expect(end(10, 2)).toBe('third')
    expect(end(20, 1)).toBe('second')
    expect(end(10, 0)).toBe('first')
    expect(end(10, 0)).toBeUndefined()
  })

  it('forget jobs that were cancelled', () => {
    const { send, sent, table, row } = sending()
    send(10, 'cancelled')
    table.addInFlight(row, -1)
    expect(sent.at('a')).toEqual([])
    send(20, 'next')
    expect(sent.at('a').map(({ note }) => note)).toEqual(['next'])
  })

  it('know nothing of a peer that got no job', () => {
    const { sent } = sending()
    expect(sent.at('b')).toEqual([])
    expect(sent.end('b', success({ durationMs: 1 }))).toBeUndefined()
  })
})
