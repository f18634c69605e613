import { describe, expect, it } from 'vitest'
import { jobNotes } from '../../../src/simulation/rivals/job-notes.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { decisionOf } from '../../prediction/support.ts'
import { failure, JOB, send, success } from './world.ts'

function noting() {
  const table = peerTable()
  for (const peer of ['a', 'b']) table.add(peer, 0)
  const heard: string[] = []
  const notes = jobNotes<string>({
    progressed: (note, _decision, tokens) => heard.push(`${note}: ${tokens} tokens`),
    learn: (note, _decision, { outcome }) => heard.push(`${note}: ${outcome.ok ? 'done' : 'failed'}`)
  })
  const ranker = { arms: ['arm'], rank: () => undefined, jobs: notes.jobs }
  return {
    notes,
    heard,
    send: (peer: string, note: string) => {
      notes.note(peer, note)
      return send({ table, ranker }, { peer, job: JOB, atMs: 0 })
    },
    sendUnnoted: (peer: string) => send({ table, ranker }, { peer, job: JOB, atMs: 0 })
  }
}

describe('notes of jobs', () => {
  it('come back with the job that they were made of, in whatever order jobs of the same size end', () => {
    const { send, heard } = noting()
    const [first, second, third] = ['first', 'second', 'third'].map((note) => send('a', note))
    second.progress(5)
    third.end(success({ durationMs: 1 }))
    first.end(failure(1))
    second.end(success({ durationMs: 1 }))
    expect(heard).toEqual(['second: 5 tokens', 'third: done', 'first: failed', 'second: done'])
  })

  it('are those of a peer while its jobs are under way, oldest first', () => {
    const { send, notes } = noting()
    const sent = ['first', 'second', 'third'].map((note) => send('a', note))
    send('b', 'elsewhere')
    expect(notes.at('a')).toEqual(['first', 'second', 'third'])
    sent[1].end(success({ durationMs: 1 }))
    expect(notes.at('a')).toEqual(['first', 'third'])
  })

  it('are forgotten with a job that is cancelled, and nothing is learned of it', () => {
    const { send, notes, heard } = noting()
    send('a', 'cancelled').end(undefined)
    expect(notes.at('a')).toEqual([])
    expect(heard).toEqual([])
  })

  it('are not kept of a job that went to another peer, and not for the next job', () => {
    const { notes, sendUnnoted, heard } = noting()
    notes.note('a', 'not followed')
    sendUnnoted('b').end(success({ durationMs: 1 }))
    sendUnnoted('a').end(success({ durationMs: 1 }))
    expect(heard).toEqual([])
  })

  it('may be made when a job is sent, where none was made when its peer was chosen', () => {
    const { at, note, jobs } = jobNotes<string>({ dispatched: ({ peer }) => `sent to ${peer}` })
    for (const peer of ['a', 'b']) {
      note('b', 'chosen')
      jobs.dispatched(decisionOf(peer, JOB))
    }
    expect([at('a'), at('b')]).toEqual([['sent to a'], ['chosen']])
  })

  it('are none of outcomes of the journal', () => {
    const { notes, heard } = noting()
    const outcome = { ok: true, durationMs: 1, firstTokenMs: 1, outputTokens: 1 } as const
    const decision = decisionOf('a', JOB)
    notes.jobs.ended(decision, { decisionId: decision.id, atMs: 0, peer: 'a', inFlightAtDispatch: 0, outcome, reward: 1 })
    expect(heard).toEqual([])
  })
})
