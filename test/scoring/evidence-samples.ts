import fc from 'fast-check'
import type { Evidence } from '../../src/peer/evidence.ts'

/** The evidence of a peer about which nothing is known. */
export const NOTHING: Evidence = {
  knownForMs: 0,
  roundTrip: { recentMs: undefined, meanMs: undefined, jitterMs: undefined, answeredRatio: undefined, weight: 0 },
  sessions: { uptimeRatio: undefined, observedMs: 0, departuresPerHour: 0, connected: false },
  outcomes: { successRatio: undefined, weight: 0, count: 0, tokensPerSecond: undefined, msPerWorkToken: undefined },
  load: undefined,
  inFlight: 0,
  claims: undefined
}

const ratio = fc.double({ min: 0, max: 1, noNaN: true })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

function evidenceOf(figure: fc.Arbitrary<number>): fc.Arbitrary<Evidence> {
  return fc.record({
    knownForMs: figure,
    roundTrip: fc.record({
      recentMs: maybe(figure),
      meanMs: maybe(figure),
      jitterMs: maybe(figure),
      answeredRatio: maybe(ratio),
      weight: figure
    }),
    sessions: fc.record({ uptimeRatio: maybe(ratio), observedMs: figure, departuresPerHour: figure, connected: fc.boolean() }),
    outcomes: fc.record({
      successRatio: maybe(ratio),
      weight: figure,
      count: fc.nat(),
      tokensPerSecond: maybe(figure),
      msPerWorkToken: maybe(figure)
    }),
    load: maybe(fc.record({ slots: figure, running: figure, queued: figure, tokensPerSecond: figure, ageMs: figure })),
    inFlight: fc.nat(50),
    claims: maybe(
      fc.record({
        models: fc.constant(['llama3.2']),
        tokensPerSecond: figure,
        gpuModel: fc.constantFrom('', 'RTX 4090', 'NVIDIA GeForce RTX 3080', 'GTX 1080', 'abacus'),
        vramGb: figure,
        loadRatio: figure
      })
    )
  })
}

/** Evidence with anything at all in it, infinities too. */
export const anyEvidence = evidenceOf(fc.double({ min: 0, noNaN: true }))

/** Evidence with figures as they occur. */
export const usualEvidence = evidenceOf(fc.double({ min: 0, max: 10_000, noNaN: true }))
