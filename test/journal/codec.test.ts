import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeDecision,
  decodeOutcome,
  decodeSnapshot,
  encodeDecision,
  encodeOutcome,
  encodeSnapshot
} from '../../src/journal/codec.ts'
import { decisionKey, outcomeKey, sequenceOf, snapshotKey } from '../../src/journal/keys.ts'
import { anyDecision, anyOutcome, decisionAt, idOf, outcomeAt } from './records.ts'

/** JSON has no −0. */
const withoutNegativeZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const corruptBecause = (key: string, reason: string) =>
  expect.objectContaining({
    code: 'ERR_JOURNAL_CORRUPT',
    message: expect.stringContaining(`journal record ${key} cannot be read: ${reason}`) as string
  }) as Error

describe('the codec', () => {
  it('gives back every decision exactly', () => {
    fc.assert(
      fc.property(anyDecision, (decision) => {
        expect(decodeDecision(decisionKey(decision.id), encodeDecision(decision))).toEqual(decision)
      })
    )
  })

  it('gives back every outcome exactly', () => {
    fc.assert(
      fc.property(anyOutcome, (outcome) => {
        expect(decodeOutcome(outcomeKey(1), encodeOutcome(outcome))).toEqual(outcome)
      })
    )
  })

  it('gives back every snapshot of plain JSON', () => {
    const state = fc.jsonValue({ maxDepth: 4 }).map(withoutNegativeZero)
    fc.assert(
      fc.property(state, fc.nat(), (value, throughSequence) => {
        const snapshot = { kind: 'policy', atMs: 0.1, throughSequence, state: value }
        expect(decodeSnapshot(snapshotKey('policy'), encodeSnapshot(snapshot))).toEqual(snapshot)
      })
    )
  })

  it('orders outcome keys as their numbers', () => {
    const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        expect(outcomeKey(a) < outcomeKey(b)).toBe(a < b)
        expect(sequenceOf(outcomeKey(a))).toBe(a)
      })
    )
  })

  it('takes a sum of probabilities that ends a rounding error above 1', () => {
    const decision = decisionAt(1, { peerPropensity: 1 + Number.EPSILON })
    expect(decodeDecision(decisionKey(idOf(1)), encodeDecision(decision)).peerPropensity).toBe(1 + Number.EPSILON)
  })

  const decision = (change: object) => JSON.stringify({ ...decisionAt(1), ...change })
  it.each([
    ['Unexpected end of JSON input', '{"id":'],
    ['decision must be an object, got null', 'null'],
    ['decision must be an object, got []', '[]'],
    ['decision.id must be a string that is not empty, got undefined', decision({ id: undefined })],
    ['it holds decision other', decision({ id: 'other' })],
    ['decision.id must be well-formed Unicode', decision({ id: '\ud800' })],
    ['decision.atMs must be a finite number, got null', decision({ atMs: NaN })],
    ['decision.attempt must be an integer of at least 1, got 0', decision({ attempt: 0 })],
    ['decision.promptTokens must be a number, got null', decision({ promptTokens: null })],
    ['decision.candidates must be a list, got "abc"', decision({ candidates: 'abc' })],
    ['decision.candidates[0] must be a string that is not empty, got ""', decision({ candidates: [''] })],
    ['a reason in decision.excluded must be one of cooling', decision({ excluded: { tired: 1 } })],
    ['decision.excluded.cooling must be an integer', decision({ excluded: { cooling: 0.5 } })],
    ['decision.votes[0].propensity must be', decision({ votes: [{ arm: 'a', peer: 'p', propensity: 1.1, expectedReward: 0 }] })],
    ['decision.votes[0].expectedReward must be a number', decision({ votes: [{ arm: 'a', peer: 'p', propensity: 1 }] })],
    ['decision.armPropensity must be between 0 and 1, got -0.1', decision({ armPropensity: -0.1 })],
    ['decision.peerPropensity must be a number, got "0.5"', decision({ peerPropensity: '0.5' })],
    ['decision.draw.seed must be a decimal integer, got 7', decision({ draw: { u: 0.5, seed: 7, stream: '1' } })]
  ])('refuses to read a decision: %s', (reason, text) => {
    const key = decisionKey(idOf(1))
    expect(() => decodeDecision(key, text)).toThrow(corruptBecause(key, reason))
  })

  const outcome = (change: object) => JSON.stringify({ ...outcomeAt(1), ...change })
  const success = { ok: true, durationMs: 2, firstTokenMs: 1, outputTokens: 3 }
  const load = { slots: 1, running: 0, queued: 0, tokensPerSecond: 9 }
  it.each([
    ['outcome.decisionId must be a string', outcome({ decisionId: '' })],
    ['outcome.reward must be between 0 and 1, got 1.01', outcome({ reward: 1.01 })],
    ['outcome.reward must be a number, got null', outcome({ reward: null })],
    ['outcome.inFlightAtDispatch must be an integer of at least 0, got -1', outcome({ inFlightAtDispatch: -1 })],
    ['outcome.outcome.ok must be true or false, got undefined', outcome({ outcome: {} })],
    ['outcome.outcome.firstTokenMs must be a number', outcome({ outcome: { ...success, firstTokenMs: undefined } })],
    ['outcome.outcome.reason must be one of timeout', outcome({ outcome: { ok: false, reason: 'bored', durationMs: 1 } })],
    [
      'outcome.outcome.durationMs must be a finite number',
      outcome({ outcome: { ok: false, reason: 'timeout', durationMs: -1 } })
    ],
    ['outcome.outcome.load.queued must be a finite number', outcome({ outcome: { ...success, load: { ...load, queued: -1 } } })],
    [
      'outcome.outcome.load.cpuRatio must be between 0 and 1',
      outcome({ outcome: { ...success, load: { ...load, cpuRatio: 2 } } })
    ]
  ])('refuses to read an outcome: %s', (reason, text) => {
    expect(() => decodeOutcome(outcomeKey(1), text)).toThrow(corruptBecause(outcomeKey(1), reason))
  })

  it.each([
    [{ arms: [1, NaN] }, 'got state.arms.1 is NaN'],
    [{ best: Infinity }, 'got state.best is Infinity'],
    [{ counts: new Float64Array(2) }, 'got state.counts is of type Float64Array'],
    [new Map(), 'got state is of type Map'],
    [[undefined], 'got state.0 is of type undefined'],
    [{ seed: 1n }, 'got state.seed is of type bigint']
  ])('refuses the state %o, naming what is not plain JSON', (state, reason) => {
    expect(() => encodeSnapshot({ kind: 'policy', atMs: 1, throughSequence: 0, state })).toThrow(
      expect.objectContaining({
        code: 'ERR_SNAPSHOT',
        message: `the state of snapshot "policy" must be plain JSON, ${reason}`
      })
    )
  })

  it('refuses a snapshot of which any character was changed', () => {
    const key = snapshotKey('policy')
    const text = encodeSnapshot({ kind: 'policy', atMs: 1, throughSequence: 3, state: { mean: 0.25, arms: ['a', 'b'] } })
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('0', '7', 'x', '"'), (at, character) => {
        fc.pre(text[at] !== character)
        const edited = text.slice(0, at) + character + text.slice(at + 1)
        expect(() => decodeSnapshot(key, edited), edited).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }))
      })
    )
  })

  it('refuses a snapshot that was torn at any place', () => {
    const text = encodeSnapshot({ kind: 'policy', atMs: 1, throughSequence: 3, state: { mean: 0.25 } })
    for (let length = 0; length < text.length; length += 1) {
      expect(() => decodeSnapshot(snapshotKey('policy'), text.slice(0, length)), `${length} characters`).toThrow(
        expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' })
      )
    }
  })
})
